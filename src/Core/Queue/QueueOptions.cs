namespace VirtHandover.Queue;

/// <summary>How the queue behaves; the values of the configuration file, already validated.</summary>
public sealed record QueueOptions
{
    /// <summary>Who approves.</summary>
    public QueueMode Mode { get; init; } = QueueMode.Ask;

    /// <summary>How often all domains are looked at even when nothing hints at a change.</summary>
    public TimeSpan RescanInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long to let further hints arrive before a hint leads to a scan.</summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a running rpm transaction holds handovers back.</summary>
    public TimeSpan TransactionLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Failed handovers in a row after which the queue pauses; 0 for never.</summary>
    public int StopAfterFailures { get; init; } = 1;

    /// <summary>How long a copy of guest memory may take before it is cancelled.</summary>
    public TimeSpan CopyLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a guest may stay paused before the handover is undone.</summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromMilliseconds(500);
}
