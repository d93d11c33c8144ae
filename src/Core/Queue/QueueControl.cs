namespace VirtHandover.Queue;

/// <summary>Whether the queue as a whole goes on; kept over restarts.</summary>
/// <param name="Pause">Why nothing approved is started; null while the queue runs.</param>
/// <param name="Failures">Failed handovers in a row, since the last one that went well or the last resume.</param>
internal sealed record QueueControl(QueuePause? Pause = null, int Failures = 0);
