using VirtHandover.Contract;

namespace VirtHandover.Handover.Preflight;

/// <summary>What the VM is doing right now.</summary>
internal static class StateRules
{
    private static readonly string[] Good = ["running", "paused"];

    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        var live = facts.Live;
        if (!Good.Contains(live.State.Status))
            yield return FindingCodes.StateBad.Says($"QEMU's state is '{live.State.Status}'.");
        foreach (var job in live.Jobs)
            yield return FindingCodes.JobActive.Says($"The block job '{job.Id}' ({job.Type}) is {(job.Status.Length > 0 ? job.Status : "active")}.");
        if (live.Settings.IsMeasuring)
            yield return FindingCodes.JobActive.Says("The rate of the guest's writes is being measured ('virsh domdirtyrate-calc').");
        if (live.Dump == "active")
            yield return FindingCodes.JobActive.Says("The memory is being dumped.");
        if (live.Migration.IsUnderWay)
            yield return FindingCodes.JobActive.Says($"A migration is under way ({live.Migration.Status}).");
        foreach (var reason in live.Migration.BlockedReasons)
            yield return FindingCodes.MigBlocked.Says($"QEMU says: {reason.TrimEnd('.', ' ', '\n')}.");
        if (facts.Status is not { } status)
            yield break;
        if (status.Job is { } name)
            yield return FindingCodes.JobActive.Says($"libvirt has the job '{name}' on it.");
        if (status.HasBlockJobs)
            yield return FindingCodes.JobActive.Says("libvirt has a block job on it that has not ended.");
        if (status.HasBackup)
            yield return FindingCodes.JobActive.Says("libvirt has a backup of it under way.");
        if (status.FakeReboot)
            yield return FindingCodes.JobActive.Says("libvirt is about to reset it.");
    }
}
