using VirtHandover.Handover.Phases;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Recovery;

/// <summary>Ends a handover that died after its commit: the guest is the target's.</summary>
internal static class ForwardRecovery
{
    internal static async Task<HandoverReport> RunAsync(HandoverTrace trace)
    {
        var name = trace.Opened.Name;
        var started = trace.Target ?? throw new HandoverException("The journal has a commit but no target.");
        var adoption = trace.Committed!.Adoption;
        var paths = new LibvirtPaths();

        // A daemon that somebody started meanwhile waits on the frozen source's monitor; it has to go before the source does.
        DaemonHold? hold = null;
        FileLock? free = null;
        if (await LibvirtDaemon.FindAsync(paths).ConfigureAwait(false) is { } daemon)
            hold = await DaemonHold.TakeAsync(daemon, paths, Limits.DaemonStop, CancellationToken.None).ConfigureAwait(false);
        else
            free = FileLock.TryTake(paths.DriverPidFile) ?? throw new HandoverException("Another process holds libvirt's lock.");

        // Frozen before the target may run, whatever state the keeper left it in.
        using (var source = ProcessHandle.TryOpen(trace.Opened.Source))
            source?.Freeze();
        using var target = ProcessHandle.TryOpen(started.Target)
            ?? throw new HandoverException($"The new QEMU (process {started.Target.ProcessId}) has ended.");
        var renamed = !File.Exists(started.MonitorPath);
        using (var qmp = await QmpClient.ConnectAsync(
            renamed ? trace.Opened.MonitorPath : started.MonitorPath, $"the target of VM {name}", Limits.Command).ConfigureAwait(false))
        {
            if (adoption.Continue && !(await qmp.QueryStatusAsync().ConfigureAwait(false)).IsRunning)
                await qmp.ContAsync().ConfigureAwait(false);
            using (var source = ProcessHandle.TryOpen(trace.Opened.Source))
            {
                source?.Kill();
                _ = source?.WaitForExit(Limits.ProcessEnd);
            }

            if (!renamed)
                DurableFile.Replace(started.MonitorPath, trace.Opened.MonitorPath);
            await MigrationSettings.ResetAsync(qmp).ConfigureAwait(false);
            if (adoption.VncAddresses.Count > 0)
                await TryVncAsync(qmp, adoption).ConfigureAwait(false);
        }

        var status = StatusFile.Read(trace.Opened.StatusPath);
        status.Replace(status.Apply(new StatusFileEdit { ProcessId = target.Id, Ptys = adoption.Ptys }));
        new LogicalCommandLine(target.Identity, adoption.LogicalArguments, IsRecorded: true).Keep(trace.Opened.Request.Domain);

        free?.Dispose();
        if (hold is not null)
            await hold.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        else
            await HandoverRecovery.StartDaemonAsync(trace).ConfigureAwait(false);
        return HandoverRecovery.Report(trace, HandoverOutcome.Done,
            $"The handover of VM {name} was interrupted after its commit and has been brought to its end; it runs on the new QEMU.");
    }

    private static async Task TryVncAsync(QmpClient qmp, Journal.AdoptionPlan adoption)
    {
        try
        {
            await qmp.DisplayUpdateVncAsync(adoption.VncAddresses).ConfigureAwait(false);
        }
        catch (QmpException)
        {
            // It listens already, or the port is taken: no reason to leave the VM without libvirt.
        }
    }
}
