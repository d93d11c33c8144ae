namespace VirtHandover.Handover;

/// <summary>One handover that is to be run, with a way to take it back.</summary>
/// <param name="Request">The handover.</param>
/// <param name="Cancel">Asks to cancel this one, and none of those that run with it; honoured until its guest is paused.</param>
public sealed record HandoverOrder(HandoverRequest Request, CancellationToken Cancel);
