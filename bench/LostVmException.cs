namespace VirtHandover.Bench;

/// <summary>A guest did not live through a handover, or came out of it damaged: the run ends, loudly.</summary>
internal sealed class LostVmException(string message) : BenchException(message);
