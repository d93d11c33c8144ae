namespace VirtHandover.Queue;

/// <summary>A pause of the whole queue.</summary>
/// <param name="By">Who paused it, for example <c>ana (uid 1000)</c> or <c>StopAfterFailures=1</c>.</param>
/// <param name="At">When.</param>
/// <param name="Sentence">Why, and what to do about it; never empty.</param>
internal sealed record QueuePause(string By, DateTimeOffset At, string Sentence);
