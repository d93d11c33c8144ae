namespace VirtHandover.Bus.Gate;

/// <summary>
/// How much callers may ask of the service at a time. Counted by user, not by connection: a user may have hundreds of those. Root is trusted, and has only
/// the bounds that a mistake of its own needs.
/// </summary>
internal sealed record GateLimits
{
    /// <summary>Bytes of a call; the longest that makes sense carries a reason of 500 characters.</summary>
    internal int CallBytes { get; init; } = 8 * 1024;

    /// <summary>Bytes of the one call that carries a list (<c>NotifyUpdate</c>, for root alone): a transaction's 500 paths have some ten thousand.</summary>
    internal int ListBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of an answer that we have asked for, of the bus or of polkit.</summary>
    internal int AnswerBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of a message's header. Names end at 255 bytes, and no path of ours has hundred.</summary>
    internal int HeadBytes { get; init; } = 8 * 1024;

    /// <summary>Calls of one user that wait for their turn.</summary>
    internal int Waiting { get; init; } = 64;

    /// <summary>Bytes of calls that wait for their turn, of all users but root.</summary>
    internal int AllWaitingBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Bytes of calls whose callers the bus has not yet named. Beyond it the longest of them goes.</summary>
    internal int UnnamedBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Calls of one user that are being answered.</summary>
    internal int InFlight { get; init; } = 8;

    /// <summary>Of these, those whose answers are long and need nobody but us: properties, objects, the history.</summary>
    internal int Reads { get; init; } = 1;

    /// <summary>Calls of all users but root that are being answered.</summary>
    internal int AllInFlight { get; init; } = 32;

    /// <summary>Calls of root that wait, and that are being answered.</summary>
    internal int RootWaiting { get; init; } = 512;

    /// <inheritdoc cref="RootWaiting"/>
    internal int RootInFlight { get; init; } = 64;

    /// <summary>Calls of one user in a second, in the long run. What is more waits.</summary>
    internal int PerSecond { get; init; } = 50;

    /// <summary>Calls of one user that are answered at once after a time without any.</summary>
    internal int Burst { get; init; } = 200;

    /// <summary>
    /// Refusals that one user is told in a second, and at once. More would keep the bus busy with answers that nobody reads; without them it soon refuses that
    /// user's calls itself (<c>max_replies_per_connection</c>).
    /// </summary>
    internal int RefusalsPerSecond { get; init; } = 20;

    /// <inheritdoc cref="RefusalsPerSecond"/>
    internal int RefusalsAtOnce { get; init; } = 200;

    /// <summary>How long a call waits for its turn, or for its caller's name. Callers themselves wait 25 s by default.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>After this an unanswered call is not counted any more: longer than the longest answer takes, that for which a person is asked.</summary>
    internal TimeSpan Forgotten { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Signals that the bus has not taken yet. A bus that takes none of so many takes nothing any more, and the connection ends.</summary>
    internal int Signals { get; init; } = 16 * 1024;

    /// <summary>Users of whom something is remembered.</summary>
    internal int Users { get; init; } = 1024;

    /// <summary>Bus names whose users are remembered.</summary>
    internal int Names { get; init; } = 4096;
}
