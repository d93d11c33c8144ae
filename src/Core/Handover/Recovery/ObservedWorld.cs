namespace VirtHandover.Handover.Recovery;

/// <summary>What is true now of the processes that a journal names.</summary>
/// <param name="SameBoot">The host has not been started anew since.</param>
/// <param name="SourceAlive">The old QEMU exists.</param>
/// <param name="TargetAlive">The new QEMU exists.</param>
internal sealed record ObservedWorld(bool SameBoot, bool SourceAlive, bool TargetAlive);
