using VirtHandover.Handover.Phases;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Recovery;

/// <summary>Ends a target that is not to have the guest.</summary>
internal static class TargetEnd
{
    // Not for ever: any user can forge a socket of this name. What becomes QEMU does so in some milliseconds.
    private static readonly TimeSpan Becoming = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    internal static async Task RunAsync(HandoverTrace trace)
    {
        await EndOldTwinAsync(trace).ConfigureAwait(false);
        var monitor = trace.Target?.MonitorPath ?? Target.MonitorOf(trace.Opened.MonitorPath, trace.Opened.Request.Id);
        if (trace.Target is { } started)
            ForcedEnd.Of(started.Target, "new");
        else
            await EndUnnamedAsync(trace, monitor).ConfigureAwait(false);
        File.Delete(monitor);
    }

    // No journal names it, and it has not run a guest; a keeper that died in Prepare may have left it.
    private static async Task EndOldTwinAsync(HandoverTrace trace)
    {
        var monitor = OldTwin.MonitorOf(trace.Opened.MonitorPath, trace.Opened.Request.Id);
        if (File.Exists(monitor))
            await EndUnnamedAsync(trace, monitor).ConfigureAwait(false);
        File.Delete(monitor);
        OldTwin.Remove(OldTwin.TreeOf(trace.Opened.Request.Id));
    }

    // The keeper may have died between starting it and writing down its number. Its monitor, which it was born with, tells which it
    // is. In the moment of an execve(2) a process has no command line, and before its first one that of the keeper: whoever holds the
    // socket and is not known yet is looked at again.
    private static async Task EndUnnamedAsync(HandoverTrace trace, string monitor)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!TryEnd(trace, monitor) && TimeProvider.System.GetElapsedTime(since) < Becoming)
            await Task.Delay(Look).ConfigureAwait(false);
    }

    /// <summary>Ends who holds the monitor and is told to be the target.</summary>
    /// <returns>True when nobody else holds it.</returns>
    private static bool TryEnd(HandoverTrace trace, string monitor)
    {
        var holders = SocketHolders.Of(ProcRoot.Host, monitor);
        foreach (var process in holders.Processes)
        {
            if (IsTarget(process, trace))
                ForcedEnd.Of(process, "new");
        }

        // The source may have been the target of an earlier handover whose number was the same.
        return !holders.Exist || holders.Processes is [var only] && only == trace.Opened.Source;
    }

    // Of the tools, too, that enter the source's context before they become QEMU.
    private static bool IsTarget(ProcessIdentity process, HandoverTrace trace)
    {
        try
        {
            return process != trace.Opened.Source &&
                ProcessCommandLine.Read(ProcRoot.Host, process.ProcessId).Contains(trace.Opened.Request.Domain.ToString());
        }
        catch (ProcException exception) when (exception.IsGone)
        {
            return false;
        }
    }
}
