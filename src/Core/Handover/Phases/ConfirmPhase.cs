using System.Diagnostics;
using System.Globalization;
using System.Text;
using VirtHandover.Handover.Journal;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>libvirt manages the target.</summary>
/// <param name="Outage">How long libvirt's API was away.</param>
/// <param name="Warnings">What could not be restored; none of it stops the guest.</param>
internal sealed record Confirmed(TimeSpan Outage, IReadOnlyList<string> Warnings);

/// <summary>Confirm: forward only. Everything libvirt will look at is put in place before its daemon may start.</summary>
internal static class ConfirmPhase
{
    internal static async Task<Confirmed> RunAsync(Finished finished, AdoptionPlan adoption, HandoverJournal journal)
    {
        var quiesced = finished.Performed.Quiesced;
        var prepared = quiesced.Prepared;
        var begun = prepared.Begun;
        var target = prepared.Target;
        var warnings = new List<string>();

        journal.Write(new JournalEntry.TargetRuns { At = begun.Clock.GetUtcNow() });
        quiesced.Source.Dispose();
        // SIGKILL and nothing else: a QEMU that ends in order unlinks its sockets' paths and may empty shared memory.
        begun.Source.Kill();
        if (!begun.Source.WaitForExit(Limits.ProcessEnd))
            throw new HandoverException($"The old QEMU (process {begun.Source.Id}) was killed and does not end.");

        DurableFile.Replace(target.MonitorPath, begun.Status.MonitorPath);
        await RestoreAsync(prepared, adoption, warnings).ConfigureAwait(false);
        await RequireAdoptableAsync(prepared).ConfigureAwait(false);
        WriteStatus(prepared, adoption);
        target.Qmp.Dispose();
        new LogicalCommandLine(target.Process.Identity, adoption.LogicalArguments, IsRecorded: true).Keep(begun.Request.Domain);

        journal.Write(new JournalEntry.Adopting { At = begun.Clock.GetUtcNow() });
        await quiesced.Hold.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        await VerifyAsync(begun, adoption.Continue).ConfigureAwait(false);
        return new Confirmed(Stopwatch.GetElapsedTime(quiesced.Hold.Since), warnings);
    }

    private static async Task RestoreAsync(Prepared prepared, AdoptionPlan adoption, List<string> warnings)
    {
        var qmp = prepared.Target.Qmp;
        await prepared.TargetSettings.WithValuesOf(prepared.SourceSettings).RestoreAsync(qmp, CancellationToken.None).ConfigureAwait(false);
        foreach (var id in prepared.DiscardObjects)
            await TryAsync($"'discard-data' of {id}", () => PerformPhase.SetDiscardAsync(qmp, id, true, CancellationToken.None), warnings).ConfigureAwait(false);
        if (adoption.VncAddresses.Count > 0)
            await TryAsync("the VNC listener", () => qmp.DisplayUpdateVncAsync(adoption.VncAddresses), warnings).ConfigureAwait(false);
        foreach (var replay in prepared.Begun.Replays)
            await TryAsync(replay.Meaning, () => qmp.ExecuteAsync(replay.Command, (System.Text.Json.Nodes.JsonObject)replay.Arguments.DeepClone()), warnings).ConfigureAwait(false);
        await ThreadPlacement.ApplyAsync(prepared.Begun.Threads, qmp, warnings).ConfigureAwait(false);
    }

    private static async Task TryAsync(string what, Func<Task> action, List<string> warnings)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is QmpException or QmpProtocolException)
        {
            warnings.Add($"{what} could not be restored: {exception.Message}");
        }
    }

    /// <summary>
    /// What libvirt's reconnect needs, looked at before it may try: a reconnect that fails ends in libvirt killing the VM.
    /// </summary>
    /// <exception cref="HandoverException">Something is missing; the daemon must not start.</exception>
    private static async Task RequireAdoptableAsync(Prepared prepared)
    {
        var begun = prepared.Begun;
        var target = prepared.Target;
        if (target.Process.HasExited)
            throw new HandoverException($"The new QEMU (process {target.Process.Id}) has ended.");
        var state = await target.Qmp.QueryStatusAsync().ConfigureAwait(false);
        if (state.Status is not ("running" or "paused" or "suspended"))
            throw new HandoverException($"The new QEMU is in the state '{state.Status}', in which libvirt would not take it over.");
        var present = (await target.Qmp.QomListAsync("/machine/peripheral").ConfigureAwait(false)).Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        var missing = begun.Live.Devices.Peripherals.Keys.Where(id => !present.Contains(id)).ToList();
        if (missing.Count > 0)
            throw new HandoverException($"The new QEMU lacks the devices {string.Join(", ", missing)}; libvirt would take them as unplugged.");
        var groups = Cgroups.OfProcess(target.Process.Id).Paths;
        if (!groups.SequenceEqual(begun.Context.Cgroups.Paths))
            throw new HandoverException("The new QEMU is not in the control groups of the VM.");
    }

    private static void WriteStatus(Prepared prepared, AdoptionPlan adoption)
    {
        var begun = prepared.Begun;
        // Read again: libvirt may have written it between Begin and its end.
        var status = StatusFile.Read(begun.Status.Path);
        status.Replace(status.Apply(new StatusFileEdit { ProcessId = prepared.Target.Process.Id, Ptys = adoption.Ptys }));
        // libvirt never reads the pid file again; the administrator's tools may.
        var pidFile = begun.Paths.PidFile(begun.Name);
        if (File.Exists(pidFile))
            File.WriteAllText(pidFile, prepared.Target.Process.Id.ToString(CultureInfo.InvariantCulture), new UTF8Encoding(false));
    }

    private static async Task VerifyAsync(Begun begun, bool running)
    {
        using var limit = new CancellationTokenSource(Limits.DaemonStart);
        try
        {
            await using var libvirt = await LibvirtConnection.OpenWhenReadyAsync(
                LibvirtConnection.SystemUri, Limits.DaemonStart, limit.Token).ConfigureAwait(false);
            while (true)
            {
                // Adoption runs in a thread of the daemon's: the domain may be listed before its state is settled.
                var (state, _) = await libvirt.StateAsync(begun.Request.Domain, limit.Token).ConfigureAwait(false);
                if (state == (running ? DomainState.Running : DomainState.Paused))
                    return;
                if (state is DomainState.ShutOff or DomainState.Crashed)
                    throw new HandoverException("libvirt did not take the VM over and calls it shut off.");
                await Task.Delay(TimeSpan.FromMilliseconds(2), limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is LibvirtException or OperationCanceledException)
        {
            throw new HandoverException($"libvirt did not confirm the VM within {Limits.DaemonStart.TotalSeconds:0} s: {exception.Message}", exception);
        }
    }
}
