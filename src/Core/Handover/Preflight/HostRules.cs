using VirtHandover.Contract;

namespace VirtHandover.Handover.Preflight;

/// <summary>What on the host stands against a handover.</summary>
internal static class HostRules
{
    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        if (facts.Host.LockManager is not ("" or "nop"))
            yield return FindingCodes.LockMgr.Says($"libvirt uses the lock manager '{facts.Host.LockManager}'.");
        else if (facts.Status?.LockState is { Length: > 0 })
            yield return FindingCodes.LockMgr.Says("libvirt has a lease of a lock manager on the VM's disks.");
        foreach (var tie in facts.Ties)
            yield return FindingCodes.ProcessDiff.Says(tie);
        foreach (var right in facts.OtherRights)
            yield return FindingCodes.RightsOther.Says(right);
        if (facts.Machine.Problem is { } problem)
            yield return FindingCodes.Machined.Says(problem);
        if (facts.IsRecordLate)
            yield return FindingCodes.CmdLineLate.Says("How the VM's QEMU was started was noted after it had run for a while.");
        if (facts.IsMonitorUsed)
            yield return FindingCodes.MonitorUsed.Says("A client has used 'virsh qemu-monitor-command' on the VM, or what is like it.");
        if (facts.MigrationSpeed is { } speed)
            yield return FindingCodes.MigrateSpeed.Says(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Migrations of the VM are limited to {speed} MiB a second."));
        foreach (var hook in facts.Host.Hooks)
            yield return FindingCodes.HookFails.Says($"The hook {hook} will run.");
    }
}
