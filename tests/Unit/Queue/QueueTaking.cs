using VirtHandover.Handover;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

internal static class QueueTaking
{
    /// <summary>Takes the one that comes next, from a queue that moves one at a time.</summary>
    public static HandoverRequest? TakeNext(this UpgradeQueue queue) => queue.TakeTogether() is { Count: > 0 } taken ? Assert.Single(taken) : null;
}
