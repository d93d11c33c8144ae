using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Model;

/// <summary>What a key wants done outside the screen's state.</summary>
internal abstract record ScreenEffect
{
    /// <summary>Ask the service for something about some domains, or about the queue.</summary>
    internal sealed record Call(ServiceVerb Verb, IReadOnlyList<DomainView> Domains) : ScreenEffect
    {
        /// <summary>Until when they are deferred.</summary>
        public DateTimeOffset? Until { get; init; }

        /// <summary>The same as the user wrote it.</summary>
        public string UntilText { get; init; } = "";

        /// <summary>Why they are deferred, or the queue is paused; may be empty.</summary>
        public string Reason { get; init; } = "";
    }

    /// <summary>Ask the user whether all of these are to be approved.</summary>
    /// <param name="Domains">The domains.</param>
    /// <param name="Note">How they were chosen and what their pauses were like.</param>
    internal sealed record AskApproveAll(IReadOnlyList<DomainView> Domains, string Note) : ScreenEffect;

    /// <summary>Ask the user until when.</summary>
    internal sealed record AskDefer(IReadOnlyList<DomainView> Domains) : ScreenEffect;

    /// <summary>Ask the user why the queue is to be paused.</summary>
    internal sealed record AskPauseQueue : ScreenEffect;

    /// <summary>Draw everything anew.</summary>
    internal sealed record Redraw : ScreenEffect;

    /// <summary>Leave.</summary>
    internal sealed record Quit : ScreenEffect;
}

/// <summary>What the screen asks the service for.</summary>
internal enum ServiceVerb
{
    Approve,
    Defer,
    Undefer,
    Cancel,
    Retry,
    Rehearse,
    Rescan,
    PauseQueue,
    ResumeQueue,
}
