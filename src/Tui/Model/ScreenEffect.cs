using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Model;

/// <summary>What a key wants done outside the screen's state.</summary>
internal abstract record ScreenEffect
{
    /// <summary>Ask the service for something about some domains.</summary>
    internal sealed record Call(ServiceVerb Verb, IReadOnlyList<DomainView> Domains, DateTimeOffset? Until = null, string UntilText = "") : ScreenEffect;

    /// <summary>Ask the user whether all of these are to be approved.</summary>
    internal sealed record AskApproveAll(IReadOnlyList<DomainView> Domains) : ScreenEffect;

    /// <summary>Ask the user until when.</summary>
    internal sealed record AskDefer(DomainView Domain) : ScreenEffect;

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
    Cancel,
    Retry,
    Rehearse,
    Rescan,
}
