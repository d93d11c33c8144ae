using VirtHandover.Contract;

namespace VirtHandover.Queue;

/// <summary>
/// What something that happens makes of the queue. Written is by what <see cref="State"/> differs from what the database has
/// (<see cref="StoreChange.Between"/>), together with the handover that starts or ends: all of it or nothing.
/// </summary>
/// <param name="State">The queue from now on.</param>
internal sealed record QueueStep(QueueState State)
{
    /// <summary>A handover that starts; 0 when none does.</summary>
    public long Started { get; init; }

    /// <summary>A handover that has ended, or will not start.</summary>
    public HandoverReport? Ended { get; init; }

    /// <summary>What is told once it is written, in this order.</summary>
    public IReadOnlyList<QueueNews> News { get; init; } = [];

    /// <summary>A running handover that is to stop; 0 for none.</summary>
    public long Cancelled { get; init; }

    /// <summary>A preflight is wanted.</summary>
    public bool IsScanWanted { get; init; }
}
