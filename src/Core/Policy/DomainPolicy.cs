namespace VirtHandover.Policy;

/// <summary>One domain's own policy, as its metadata holds it; null parts are left to the configuration.</summary>
public sealed record DomainPolicy
{
    /// <summary>A domain that says nothing of its own.</summary>
    public static DomainPolicy None { get; } = new();

    /// <summary>Who approves.</summary>
    public PolicyMode? Mode { get; init; }

    /// <summary>When handovers may start.</summary>
    public MaintenanceWindows? Window { get; init; }

    /// <summary>How long its guest may stand still.</summary>
    public TimeSpan? MaxPause { get; init; }

    /// <summary>Its place in the queue, higher is earlier.</summary>
    public int? Priority { get; init; }

    /// <summary>
    /// What is wrong with what is stored, in a sentence; empty when nothing is. What somebody meant is not known then, so nothing
    /// may happen to the domain.
    /// </summary>
    public string Problem { get; init; } = "";

    /// <summary>True when nothing is left to store.</summary>
    public bool IsEmpty => this is { Mode: null, Window: null, MaxPause: null, Priority: null };

    /// <summary>Applies a change; what was stored wrongly is forgotten.</summary>
    /// <param name="change">What somebody wants.</param>
    /// <returns>The new policy.</returns>
    /// <exception cref="PolicyException">A part of the change is not valid; nothing is applied.</exception>
    public DomainPolicy With(PolicyChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new DomainPolicy
        {
            Mode = change.Mode is { } mode ? (mode.Length == 0 ? null : PolicyWords.Mode(mode)) : Mode,
            Window = change.Window is { } window ? (MaintenanceWindows.Parse(window) is { IsAlways: false } windows ? windows : null) : Window,
            MaxPause = change.MaxPauseMicroseconds is { } pause ? (pause == 0 ? null : PolicyWords.MaxPause(pause)) : MaxPause,
            Priority = change.Priority is { } priority ? (priority == 0 ? null : PolicyWords.Priority(priority)) : Priority,
        };
    }
}
