namespace VirtHandover.Queue;

/// <summary>What a step comes to that the database could not take.</summary>
internal enum Unwritten
{
    /// <summary>Nothing is changed, and whoever asked for it is told so.</summary>
    Refused,

    /// <summary>
    /// What has happened has happened: it is shown, and the next service asks the recovery again. What was to start and will not does not start either
    /// way; the next service writes its end.
    /// </summary>
    Happened,

    /// <summary>Nothing is changed, and nothing starts until a scan succeeds.</summary>
    NotSeen,

    /// <summary>Nothing is changed; whoever began it tries again later.</summary>
    TriedAgain,
}
