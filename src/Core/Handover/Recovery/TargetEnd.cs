using VirtHandover.Handover.Phases;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Recovery;

/// <summary>Ends a target that is not to have the guest.</summary>
internal static class TargetEnd
{
    internal static void Run(HandoverTrace trace)
    {
        if (trace.Target is not { } started)
            return;
        using var target = ProcessHandle.TryOpen(started.Target);
        target?.Kill();
        if (target?.WaitForExit(Limits.ProcessEnd) == false)
            throw new HandoverException($"The new QEMU (process {started.Target.ProcessId}) was killed and does not end.");
        File.Delete(started.MonitorPath);
    }
}
