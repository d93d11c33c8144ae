using VirtHandover.Handover.Phases;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Recovery;

/// <summary>Brings the guest back to life in the source after a handover that died before its commit.</summary>
internal static class SourceRecovery
{
    internal static async Task<HandoverReport> RunAsync(HandoverTrace trace)
    {
        var name = trace.Opened.Name;
        HandoverRecovery.KillTarget(trace);
        using var source = ProcessHandle.TryOpen(trace.Opened.Source)
            ?? throw new HandoverException($"The old QEMU (process {trace.Opened.Source.ProcessId}) has ended.");
        foreach (var tap in trace.Pausing?.Taps ?? [])
        {
            using var descriptor = source.DuplicateDescriptor(tap.Descriptor);
            tap.Device.Restore(descriptor);
        }

        // Before the commit it is frozen only in the moment of writing it.
        source.Thaw();
        if (await LibvirtDaemon.FindAsync(new LibvirtPaths()).ConfigureAwait(false) is null)
        {
            // Nobody holds the monitor. Before the daemon starts, so that it finds the guest running.
            using var qmp = await QmpClient.ConnectAsync(trace.Opened.MonitorPath, $"the source of VM {name}", Limits.Command).ConfigureAwait(false);
            await ReviveAsync(trace, qmp).ConfigureAwait(false);
        }
        else
        {
            await using var libvirt = await LibvirtConnection.OpenWhenReadyAsync(
                LibvirtConnection.SystemUri, Limits.DaemonStart, CancellationToken.None).ConfigureAwait(false);
            await ReviveAsync(trace, new LibvirtQmpChannel(libvirt, trace.Opened.Request.Domain, name)).ConfigureAwait(false);
        }

        await HandoverRecovery.StartDaemonAsync(trace).ConfigureAwait(false);
        return HandoverRecovery.Report(trace, HandoverOutcome.Undone,
            $"The handover of VM {name} was interrupted and has been undone; it runs on the old QEMU.");
    }

    private static async Task ReviveAsync(HandoverTrace trace, IQmpChannel qmp)
    {
        await SourceRevival.RunAsync(qmp, trace.Pausing?.WasRunning ?? false, trace.Pausing?.DiscardObjects ?? [], settings: null).ConfigureAwait(false);
        await MigrationSettings.ResetAsync(qmp).ConfigureAwait(false);
    }
}
