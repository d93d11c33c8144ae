using VirtHandover.Contract;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Recovery;

/// <summary>The process that had the guest has died by itself: libvirt gets to see that, and the administrator to read it.</summary>
internal static class LossRecovery
{
    internal static async Task<Recovered> RunAsync(HandoverTrace trace, LibvirtAway away, Func<long> until)
    {
        var name = trace.Opened.Name;
        await TargetEnd.RunAsync(trace, until()).ConfigureAwait(false);
        using (var source = ProcessHandle.TryOpen(trace.Opened.Source))
            source?.Kill();
        _ = await away.TryBeginAsync(trace.Quiescing?.Daemon).ConfigureAwait(false);
        return new Recovered(HandoverOutcome.Stranded, trace.Committed is null
            ? $"The old QEMU of VM {name} died by itself during the handover, before the guest was the new one's: the VM has crashed. Start it with 'virsh start {name}'."
            : $"The new QEMU of VM {name} died after the guest had become its: the VM has crashed. Start it with 'virsh start {name}'.");
    }
}
