using VirtHandover.Contract;

namespace VirtHandover.Handover.Preflight;

/// <summary>The running and the new QEMU: do they fit?</summary>
internal static class VersionRules
{
    // x-query-virtio came then; only a QEMU without a guest is asked it.
    private static readonly Version TellsQueues = new(7, 2);

    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        var (live, target) = (facts.Live.Devices, facts.Target);
        if (target.Untrusted is { } untrusted)
        {
            yield return FindingCodes.TargetUntrusted.Says(untrusted);
            yield break;
        }

        if (target.Problem is { } problem)
        {
            yield return FindingCodes.TargetMissing.Says(problem);
            yield break;
        }

        if (target.Version < live.Version.Version)
            yield return FindingCodes.VersionOrder.Says($"The QEMU on disk is {target.Version}, the running one {live.Version.Version}.");
        if (!target.Machines.Any(m => m.Name == live.Machine || m.Alias == live.Machine))
            yield return FindingCodes.MachineGone.Says($"QEMU {target.Version} has no machine type '{live.Machine}'.");
        if (live.Version.Version < TellsQueues && live.Peripherals.Values.Any(type => type.StartsWith("virtio-", StringComparison.Ordinal)))
            yield return FindingCodes.VqUnknown.Says($"QEMU {live.Version.Version} does not tell the length of its virtqueues.");
    }
}
