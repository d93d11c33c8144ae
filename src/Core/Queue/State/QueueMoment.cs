namespace VirtHandover.Queue;

/// <summary>What a rule may know beside the queue.</summary>
/// <param name="Options">The configuration.</param>
/// <param name="Now">The host's clock.</param>
/// <param name="Windows">When maintenance windows are open, on the clock on the host's wall.</param>
internal sealed record QueueMoment(QueueOptions Options, DateTimeOffset Now, WindowTimes Windows);
