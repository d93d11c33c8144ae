using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Recovery;

/// <summary>Brings the guest back to life in the source after a handover that stopped before its commit, or whose commit was revoked.</summary>
internal static class SourceRecovery
{
    internal static async Task<Recovered> RunAsync(HandoverTrace trace, LibvirtAway away, Func<long> until)
    {
        var name = trace.Opened.Name;
        // The target first: while it lives it may hold the image locks and read frames.
        await TargetEnd.RunAsync(trace, until()).ConfigureAwait(false);
        using var source = ProcessHandle.TryOpen(trace.Opened.Source)
            ?? throw new HandoverException($"The old QEMU (process {trace.Opened.Source.ProcessId}) has ended.");
        foreach (var tap in trace.Pausing?.Taps ?? [])
            Restore(source, tap);

        // Before the commit it is frozen only in the moment of writing it.
        source.Thaw();
        if (await away.TryBeginAsync(trace.Quiescing?.Daemon).ConfigureAwait(false))
        {
            // Nobody holds the monitor. Before the daemon starts, so that it finds the guest running.
            var end = until();
            using (var qmp = await SourceMonitor.ConnectAsync(trace.Opened.MonitorPath, source, name, OutageLimit.Until(end, Limits.Command)).ConfigureAwait(false))
            {
                qmp.EndsAt = end;
                await ReviveAsync(trace, qmp).ConfigureAwait(false);
            }
        }
        else
        {
            await using var libvirt = await LibvirtConnection.OpenWhenReadyAsync(
                LibvirtConnection.SystemUri, Limits.DaemonStart, CancellationToken.None).ConfigureAwait(false);
            await ReviveAsync(trace, new LibvirtQmpChannel(libvirt, trace.Opened.Request.Domain, name)).ConfigureAwait(false);
        }

        // Before libvirt starts, which asks for the machine's name.
        var warnings = trace.Quiescing is null ? [] : await MachineSeat.TakeAsync(trace.Opened.Machine, source.Identity, isVacant: true).ConfigureAwait(false);
        return new Recovered(
            HandoverOutcome.Undone,
            $"VM {name} runs on the old QEMU; libvirt manages it.",
            [.. warnings.Select(text => new Finding(Adoption.NotRestored, FindingSeverity.Warning, text))])
        { IsAwaited = trace.Quiescing is not null };
    }

    private static void Restore(ProcessHandle source, SavedTap tap)
    {
        var queues = ((int[])[tap.Descriptor, .. tap.Attached, .. tap.Detached]).Distinct().ToDictionary(number => number, source.DuplicateDescriptor);
        try
        {
            tap.Restore(number => queues[number]);
        }
        finally
        {
            foreach (var queue in queues.Values)
                queue.Dispose();
        }
    }

    private static Task ReviveAsync(HandoverTrace trace, IQmpChannel qmp) => SourceRevival.RunAsync(
        qmp, trace.Pausing?.WasRunning ?? false, trace.Pausing?.DiscardObjects ?? [], trace.Prepared?.SourceSettings);
}
