using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Records;
using VirtHandover.Handover.Settings;
using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover;

/// <summary>
/// Makes the target the one that libvirt will find: everything its daemon looks at is put in place before it may start. Forward
/// only; each step may be repeated, by the keeper or by whoever goes on after it.
/// </summary>
internal sealed record Adoption
{
    // What a guest can be in that runs, was paused, or has met an end or an error of its own.
    private static readonly string[] Adoptable =
        ["running", "paused", "suspended", "shutdown", "io-error", "watchdog", "guest-panicked", "internal-error", "debug"];

    /// <summary>The code of a warning about something that could not be restored.</summary>
    internal const string NotRestored = "NOT_RESTORED";

    /// <summary>The domain's UUID.</summary>
    internal required Guid Domain { get; init; }

    /// <summary>The domain's name.</summary>
    internal required string Name { get; init; }

    /// <summary>The old QEMU.</summary>
    internal required ProcessIdentity Source { get; init; }

    /// <summary>The new QEMU.</summary>
    internal required ProcessIdentity Target { get; init; }

    /// <summary>The target's own monitor's socket, until it is put in the place of the one that libvirt knows.</summary>
    internal required MonitorPlace Monitors { get; init; }

    /// <summary>libvirt's status file of the domain.</summary>
    internal required string StatusPath { get; init; }

    /// <summary>When libvirt is to come back, in <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
    internal required long EndsAt { get; init; }

    /// <summary>What is to be done.</summary>
    internal required AdoptionPlan Plan { get; init; }

    /// <summary>Does it. libvirt must be down and kept down, and the guest the target's.</summary>
    /// <param name="qmp">The target's monitor; the caller closes it before libvirt starts.</param>
    /// <returns>What could not be restored; none of it stops the guest.</returns>
    /// <exception cref="HandoverException">Something that libvirt's reconnect needs is missing; its daemon must not start.</exception>
    internal async Task<IReadOnlyList<Finding>> RunAsync(IQmpChannel qmp)
    {
        var warnings = new List<string>();
        await MigrationSettings.RestoreAsync(qmp, Plan.Settings, CancellationToken.None).ConfigureAwait(false);
        await RequireAdoptableAsync(qmp).ConfigureAwait(false);
        // The source stays, frozen, until libvirt's files name the target. A daemon that comes in spite of all waits on its monitor,
        // or manages the target. One that found the source dead would delete the VM's files, the monitor's socket among them.
        Monitors.Take();
        Checkpoint.Reach("confirm.monitor-renamed");
        WriteStatus(warnings);
        Checkpoint.Reach("confirm.status-written");
        // Before the source ends: in its seat it would take the target with it. Before libvirt starts: it asks for the machine's name.
        warnings.AddRange(await MachineSeat.TakeAsync(Plan.Machine, Target, isVacant: true).ConfigureAwait(false));
        Checkpoint.Reach("confirm.machine-taken");
        // The kernel frees a large guest's memory for a while. Killed it runs nothing any more, and libvirt does not wait for that.
        if (!ForcedEnd.TryOf(Source, OutageLimit.Until(EndsAt, Limits.ProcessEnd * 2) / 2))
            warnings.Add($"The old QEMU (process {Source.ProcessId}) was killed and has not ended yet; its memory and ports are free when it has.");
        Checkpoint.Reach("confirm.source-ended");
        await RestoreAsync(qmp, warnings).ConfigureAwait(false);
        Checkpoint.Reach("confirm.restored");
        MonitorUse.HandOver(Domain, Source, Target);
        if (RecordTaking.Complete(Domain, Source, Target, Plan.LogicalArguments, DomainRecords.Host) is { } unknown)
            warnings.Add(unknown);
        Checkpoint.Reach("confirm.remembered");
        return [.. warnings.Select(text => new Finding(NotRestored, FindingSeverity.Warning, text))];
    }

    // Some of it needs what the source had: a VNC port, for example, is free only when the source has ended.
    private async Task RestoreAsync(IQmpChannel qmp, List<string> warnings)
    {
        foreach (var id in Plan.DiscardObjects)
            await TryAsync($"'discard-data' of {id}", () => PerformPhase.SetDiscardAsync(qmp, id, true, CancellationToken.None), warnings).ConfigureAwait(false);
        if (Plan.VncAddresses.Count > 0)
            await TryAsync("The VNC listener", () => qmp.DisplayUpdateVncAsync((JsonArray)Plan.VncAddresses.DeepClone()), warnings).ConfigureAwait(false);
        if (Plan.Replays.Count > 0)
        {
            // libvirt is down; what it knows stands in its status file, passwords among it.
            var domain = StatusFile.Read(StatusPath).Domain;
            var paths = new LibvirtPaths();
            foreach (var replay in Plan.Replays)
                await TryAsync(replay.Meaning, () => ReplayAsync(qmp, replay, domain, paths), warnings).ConfigureAwait(false);
        }

        using var target = ProcessHandle.TryOpen(Target) ?? throw new HandoverException($"The new QEMU (process {Target.ProcessId}) has ended.");
        // With its password set.
        foreach (var listener in Plan.Listeners)
            await TryAsync($"The listener for {listener.Meaning}", () => OpenAsync(listener, target), warnings).ConfigureAwait(false);
        await ThreadPlacement.ApplyAsync(Plan.Threads, target, qmp, warnings).ConfigureAwait(false);
    }

    private static Task OpenAsync(ParkedSocket listener, ProcessHandle target)
    {
        try
        {
            listener.Open(target);
            return Task.CompletedTask;
        }
        catch (LinuxException exception)
        {
            throw new HandoverException($"{exception.Message} The VM runs on, and nobody can connect to its display; hand it over once more, or start it again.", exception);
        }
    }

    private static async Task ReplayAsync(IQmpChannel qmp, Replay replay, DomainXml domain, LibvirtPaths paths) =>
        _ = await qmp.ExecuteAsync(
            replay.Command,
            ReplayReader.WithPassword(replay, domain, QemuConf.Read(paths).PasswordOf)
                ?? throw new HandoverException("libvirt's status file does not have it.")).ConfigureAwait(false);

    private static async Task TryAsync(string what, Func<Task> action, List<string> warnings)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is QmpException or QmpProtocolException or HandoverException or LibvirtException)
        {
            warnings.Add($"{what} could not be restored: {exception.Message}");
        }
    }

    // What libvirt's reconnect needs, looked at before it may try: a reconnect that fails ends in libvirt killing the VM.
    private async Task RequireAdoptableAsync(IQmpChannel qmp)
    {
        var state = await qmp.QueryStatusAsync().ConfigureAwait(false);
        if (!Adoptable.Contains(state.Status))
            throw new HandoverException($"The new QEMU is in the state '{state.Status}', in which libvirt would not take it over.");
        var present = (await qmp.QomListAsync("/machine/peripheral").ConfigureAwait(false)).Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        var missing = Plan.Devices.Where(id => !present.Contains(id)).ToList();
        if (missing.Count > 0)
            throw new HandoverException($"The new QEMU lacks the devices {string.Join(", ", missing)}; libvirt would take them as unplugged.");
        if (!Cgroups.OfProcess(Target.ProcessId).Paths.SequenceEqual(Plan.Groups.Paths))
            throw new HandoverException("The new QEMU is not in the control groups of the VM.");
    }

    private void WriteStatus(List<string> warnings)
    {
        // Read now: libvirt may have written it between Begin and its end.
        var status = StatusFile.Read(StatusPath);
        status.Replace(status.Apply(new StatusFileEdit { ProcessId = Target.ProcessId, Ptys = Plan.Ptys }));
        try
        {
            // libvirt never reads the pid file again; the administrator's tools may.
            using var directory = HeldDirectory.Open(Path.GetDirectoryName(Plan.PidFile)!);
            using var file = directory.OpenRootsFile(Path.GetFileName(Plan.PidFile), write: true);
            if (file is not null)
                RandomAccess.Write(file, Encoding.ASCII.GetBytes(Target.ProcessId.ToString(CultureInfo.InvariantCulture)), 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or LinuxException)
        {
            warnings.Add($"The pid file {Plan.PidFile} still names the old QEMU: {exception.Message}");
        }
    }
}
