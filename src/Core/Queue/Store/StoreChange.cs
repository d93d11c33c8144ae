using VirtHandover.Contract;

namespace VirtHandover.Queue;

/// <summary>What is written in one transaction: all of it or nothing.</summary>
public sealed record StoreChange
{
    /// <summary>Upgrades that are new or other than before.</summary>
    public IReadOnlyList<Upgrade> Changed { get; init; } = [];

    /// <summary>Domains that have left.</summary>
    public IReadOnlyList<Guid> Removed { get; init; } = [];

    /// <summary>A handover that starts now; 0 when none does.</summary>
    public long Started { get; init; }

    /// <summary>A handover that has ended.</summary>
    public HandoverReport? Ended { get; init; }

    /// <summary>Whether the queue as a whole goes on; null when that has not changed.</summary>
    internal QueueControl? Control { get; init; }
}
