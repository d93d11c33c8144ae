using VirtHandover.Handover.Phases;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Recovery;

/// <summary>Ends a target that is not to have the guest.</summary>
internal static class TargetEnd
{
    internal static void Run(HandoverTrace trace)
    {
        var monitor = trace.Target?.MonitorPath ?? Target.MonitorOf(trace.Opened.MonitorPath, trace.Opened.Request.Id);
        if (trace.Target is { } started)
            ForcedEnd.Of(started.Target, "new");
        else
            EndUnnamed(trace, monitor);
        File.Delete(monitor);
    }

    // The keeper may have died between starting it and writing down its number. Its monitor, which it was born with, tells which it
    // is. Not the source: that may have been the target of an earlier handover whose number was the same.
    private static void EndUnnamed(HandoverTrace trace, string monitor)
    {
        foreach (var process in SocketHolders.Of(ProcRoot.Host, monitor))
        {
            if (process != trace.Opened.Source && IsOf(process, trace.Opened.Request.Domain))
                ForcedEnd.Of(process, "new");
        }
    }

    // Of the tools, too, that enter the source's context before they become QEMU.
    private static bool IsOf(ProcessIdentity process, Guid domain)
    {
        try
        {
            return ProcessCommandLine.Read(ProcRoot.Host, process.ProcessId).Contains(domain.ToString());
        }
        catch (ProcException exception) when (exception.IsGone)
        {
            return false;
        }
    }
}
