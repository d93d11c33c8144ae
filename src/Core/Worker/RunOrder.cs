using VirtHandover.Handover;
using VirtHandover.Policy;

namespace VirtHandover.Worker;

/// <summary>
/// One handover as the front may ask for it: which VM, and how long its guest may stand still. From what QEMU to what other, how it is done, and all
/// paths are the worker's own knowledge, and so are the limits of its configuration.
/// </summary>
/// <param name="Id">Its number.</param>
/// <param name="Domain">The domain's UUID.</param>
/// <param name="Rehearse">Stop after the twin check.</param>
/// <param name="MaxPause">How long the guest may stay paused.</param>
internal sealed record RunOrder(long Id, Guid Domain, bool Rehearse, TimeSpan MaxPause)
{
    /// <summary>Whether its numbers are ones that the queue gives.</summary>
    internal bool IsSound() => Id > 0 && PolicyWords.Pauses.Holds(MaxPause);

    internal static RunOrder Of(HandoverRequest request) => new(request.Id, request.Domain, request.Rehearse, request.MaxPause);
}
