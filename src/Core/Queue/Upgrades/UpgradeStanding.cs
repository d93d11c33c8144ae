using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>What holds for one domain at the moment of a snapshot, beside what its entry says.</summary>
/// <param name="Policy">What applies to it.</param>
/// <param name="WaitReason">Why an approved one does not start yet; empty when nothing holds it.</param>
/// <param name="NextWindow">When its next maintenance window opens; null when one is open or it has none.</param>
public sealed record UpgradeStanding(EffectivePolicy Policy, string WaitReason, DateTimeOffset? NextWindow);
