namespace VirtHandover.Queue;

/// <summary>What holds for one domain at the moment of a snapshot, beside what its entry says.</summary>
/// <param name="WaitReason">Why an approved one does not start yet; empty when nothing holds it.</param>
public sealed record UpgradeStanding(string WaitReason);
