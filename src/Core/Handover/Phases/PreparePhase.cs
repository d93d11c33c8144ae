using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Handover.Files;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Preflight;
using VirtHandover.Handover.Records;
using VirtHandover.Handover.Settings;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// Prepare: start the new QEMU as a twin of the source and compare the two. The guest runs and libvirt is up; whatever is wrong
/// ends here, and nobody has noticed.
/// </summary>
internal static class PreparePhase
{
    internal static async Task<Prepared> RunAsync(Begun begun, HandoverJournal journal, CancellationToken cancellationToken)
    {
        var method = begun.Assessment.Method ?? throw new RefusedException(begun.Assessment.Findings);
        TargetStart start;
        try
        {
            start = TargetCommandLine.Build(begun.CommandLine, new TargetPlan
            {
                Program = begun.Program,
                Memory = begun.Live.Devices.Memory,
                Fdsets = begun.Live.Fdsets,
                Options = begun.TargetOptions,
                RtcBase = RtcBase.For(begun.CommandLine, begun.Status.Domain, HostBoot.TimeOf(begun.Source.Identity.StartTime, begun.Clock), begun.Clock.GetUtcNow()),
            });
        }
        catch (CommandLineException exception)
        {
            throw new HandoverException(exception.Message, exception);
        }

        // libvirt probes a binary it does not know when its daemon starts: have that behind us before the outage.
        var warm = WarmCapabilitiesAsync(begun, cancellationToken);
        var settings = MigrationSettings.ReadAsync(begun.Monitor, cancellationToken);
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var monitors = MonitorPlace.Make(begun.Status.MonitorPath, begun.Request.Id);
        Task<(TwinSnapshot? Twin, string Why)> old;
        try
        {
            // Before either is started: whoever finds this journal knows by the sockets what it has to end.
            journal.Write(monitors.Entry(begun.Clock.GetUtcNow()));
            old = Task.Run(() => OldTwin.AskAsync(begun, monitors, asking.Token), CancellationToken.None);
        }
        catch
        {
            End(monitors);
            throw;
        }

        var flush = begun.Request.Rehearse ? Task.CompletedTask : DiskFlush.SettleAsync(begun, Limits.DiskFlush, cancellationToken);
        var files = new List<MemoryFile>();
        Target? target = null;
        var isUndone = false;
        List<LateCard> cards = [];
        try
        {
            files.AddRange(begun.Live.Devices.Memory.Select(backend => MemoryFiles.Of(begun, method, backend)));
            cards = FindTaps(begun, start);
            var binds = start.Binds.Count > 0 ? new BindTrace(start.Binds) : null;
            target = await new TwinSpawn
            {
                Which = "new",
                Start = start,
                Monitors = monitors,
                Memory = memory => files.First(file => file.Backend == memory.Backend).File,
                Chardev = chardev => begun.Descriptors.ListeningSocket(chardev.Number, chardev.Owner),
                More = [.. cards.SelectMany(card => card.Queues).Select(queue => new InheritedDescriptor(queue.Descriptor, queue.TargetNumber))],
                Workers = [.. cards.SelectMany(card => card.Workers)],
                Binds = binds,
                LastWords = LastWords.Mark(begun),
            }.RunAsync(begun, cancellationToken).ConfigureAwait(false);
            Checkpoint.Reach("prepare.spawned");
            TwinProcess.CopyAutogroup(begun.Source, target.Process);
            journal.Write(new JournalEntry.TargetStarted(target.Process.Identity, monitors.NewPath, method) { At = begun.Clock.GetUtcNow() });
            Checkpoint.Reach("prepare.named");
            var listeners = await ConnectAsync(target, binds, cancellationToken).ConfigureAwait(false);
            Checkpoint.Reach("prepare.connected");
            if (!begun.Request.Rehearse)
                RecordTaking.OfTarget(begun.Record, target.Process.Identity, start.Logical.Render(), DomainRecords.Host, begun.Name);
            RequireNewProgram(begun, target);
            await TwinProcess.PlugCpusAsync(begun, target, cancellationToken).ConfigureAwait(false);
            if (method == RamMethod.Shared)
            {
                foreach (var file in files)
                    RamProof.Require(begun.Source.Id, target.Process.Id, file.Inode, file.Bytes, file.Backend);
            }

            Checkpoint.Reach("prepare.proven");
            var notes = await CompareAsync(begun, start, target, old, cancellationToken).ConfigureAwait(false);
            await SettingsTransfer.ApplyAsync(begun.Live.Settings, begun.Status.Domain, begun.CommandLine, target.Qmp, cancellationToken).ConfigureAwait(false);
            var confinement = await TwinProcess.RequireAlikeAsync(begun, target, cancellationToken).ConfigureAwait(false);
            await TwinFiles.RequireAsync(begun, target, cancellationToken).ConfigureAwait(false);
            var targetSettings = await MigrationSettings.ReadAsync(target.Qmp, cancellationToken).ConfigureAwait(false);
            await MigrationSettings.ApplyAsync(target.Qmp, targetSettings, method, pauseBeforeSwitchover: false, cancellationToken).ConfigureAwait(false);
            await warm.ConfigureAwait(false);
            await flush.ConfigureAwait(false);
            var sourceSettings = await settings.ConfigureAwait(false);
            journal.Write(new JournalEntry.Prepared(sourceSettings) { At = begun.Clock.GetUtcNow() });
            Checkpoint.Reach("prepare.journaled");
            return new Prepared
            {
                Begun = begun,
                Target = target,
                Confinement = confinement,
                Method = method,
                LateCards = cards,
                Taps = new SourceTaps(cards),
                SourceSettings = sourceSettings,
                DiscardObjects = [.. begun.CommandLine.All("object").Where(option => option.Value.IsOn("discard-data")).Select(option => option.Id!)],
                Ptys = await PtysAsync(begun, target, cancellationToken).ConfigureAwait(false),
                Listeners = listeners,
                LogicalArguments = start.Logical.Render(),
                Notes = notes,
            };
        }
        catch
        {
            target?.Kill();
            cards.ForEach(card => card.Dispose());
            isUndone = true;
            throw;
        }
        finally
        {
            files.ForEach(file => file.Dispose());
            // Nothing of it outlives this phase.
            await asking.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(old).ConfigureAwait(false);
            monitors.End(MonitorPlace.Old);
            if (isUndone)
                End(monitors);
        }
    }

    private static void End(MonitorPlace monitors)
    {
        monitors.End(MonitorPlace.Old);
        monitors.End(MonitorPlace.New);
        monitors.Dispose();
    }

    /// <summary>What Confirm will do, for the journal.</summary>
    internal static AdoptionPlan Plan(Quiesced quiesced)
    {
        var prepared = quiesced.Prepared;
        var begun = prepared.Begun;
        return new AdoptionPlan
        {
            Continue = quiesced.WasRunning,
            Ptys = prepared.Ptys,
            VncAddresses = begun.VncAddresses,
            Listeners = prepared.Listeners,
            LogicalArguments = Secrets.Redact(prepared.LogicalArguments),
            Settings = prepared.SourceSettings,
            DiscardObjects = prepared.DiscardObjects,
            Replays = begun.Replays,
            Threads = begun.Threads,
            Devices = [.. begun.Live.Devices.Peripherals.Keys],
            Groups = begun.Context.Cgroups,
            Machine = begun.Machine,
            PidFile = begun.Paths.PidFile(begun.Name),
        };
    }

    private static async Task<IReadOnlyList<ParkedSocket>> ConnectAsync(Target target, BindTrace? binds, CancellationToken cancellationToken)
    {
        try
        {
            await target.ConnectAsync(Limits.TargetStart, cancellationToken).ConfigureAwait(false);
            // It answers, so it has begun its main loop: what it listens on it has bound before that.
            return binds is null ? [] : await binds.Parked.WaitAsync(Limits.Command, cancellationToken).ConfigureAwait(false);
        }
        catch (HandoverException exception) when (binds?.Failure is { } why)
        {
            throw new HandoverException(why, exception);
        }
        catch (TimeoutException exception)
        {
            throw new HandoverException($"The new QEMU does not listen where its command line has it listen ({binds?.Expected}).", exception);
        }
    }

    private static async Task<IReadOnlyList<Finding>> CompareAsync(
        Begun begun, TargetStart start, Target target, Task<(TwinSnapshot? Twin, string Why)> asked, CancellationToken cancellationToken)
    {
        var twin = await TwinSnapshot.ReadAsync(target.Qmp, start.Line, cancellationToken).ConfigureAwait(false);
        var (old, why) = await asked.ConfigureAwait(false);
        List<Finding> findings =
        [
            .. TwinCheck.Compare(begun.Live.Devices, old, twin, start.Nics).Select(FindingCodes.Of),
            .. RomCheck.Find(ProcessMaps.Read(ProcRoot.Host, begun.Source.Id), twin).Select(FindingCodes.Of),
        ];
        if (old is null)
            findings.Add(FindingCodes.VqUnknown.Says($"The running QEMU's program could not be started once more to be compared with the new one: {why}"));
        return findings.Any(finding => finding.Severity == FindingSeverity.Blocker) ? throw new RefusedException(findings) : findings;
    }

    /// <summary>Has libvirt probe the binary, so that its daemon need not when it starts.</summary>
    internal static async Task WarmCapabilitiesAsync(Begun begun, CancellationToken cancellationToken)
    {
        try
        {
            _ = await begun.Libvirt.DomainCapabilitiesAsync(begun.Program, cancellationToken).ConfigureAwait(false);
        }
        catch (Libvirt.LibvirtException)
        {
            // Only time would have been saved. A binary that does not run shows itself as the target.
        }
    }

    /// <summary>It runs the QEMU that is on disk now, also where a script starts it.</summary>
    private static void RequireNewProgram(Begun begun, Target target)
    {
        var root = ProcRoot.Host.File(target.Process.Id, "root");
        var program = ProcRoot.Host.File(target.Process.Id, "exe");
        var runs = FileIdentity.Of(program);
        var installed = InstalledProgram.PathOf(root, begun.Program, InstalledProgram.WithoutMark(ProcFile.ReadLink(program)));
        var disk = installed is null ? null : FileIdentity.Of(root + installed);
        if (runs is null || disk is null || (runs.Value.Device, runs.Value.Inode) != (disk.Value.Device, disk.Value.Inode))
            throw new HandoverException($"{begun.Program} was replaced while the new QEMU was being started; try again when the package transaction has ended.");
    }

    private static List<LateCard> FindTaps(Begun begun, TargetStart start)
    {
        var cards = new List<LateCard>();
        var number = start.Fds.Select(fd => fd.Number).DefaultIfEmpty(2).Max() + 1;
        foreach (var nic in start.Nics)
        {
            var xml = begun.Domain.Interfaces.FirstOrDefault(card => card.Alias == nic.DeviceId)
                ?? throw new HandoverException($"libvirt's XML has no network card '{nic.DeviceId}'.");
            var numbers = begun.Descriptors.TapsOf(xml.Target);
            if (numbers.Count != nic.TapFds.Count)
            {
                throw new HandoverException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The tap {xml.Target} of '{nic.DeviceId}' was found {numbers.Count} times among the open files of the VM's QEMU, not {nic.TapFds.Count} times."));
            }

            LateQueue[] queues = [.. numbers.Select(source => new LateQueue(begun.Descriptors.Duplicate(source), source, number++))];
            int[] workers = nic.UsesVhost ? [.. queues.Select(_ => number++)] : [];
            var netdev = nic.NetdevWith([.. queues.Select(queue => Text(queue.TargetNumber))], [.. workers.Select(Text)]);
            cards.Add(new LateCard(netdev, nic.Device, xml.Target, queues, workers));
        }

        return cards;

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task<IReadOnlyDictionary<string, string>> PtysAsync(Begun begun, Target target, CancellationToken cancellationToken)
    {
        var old = begun.Live.Devices.Chardevs.Where(chardev => chardev.Pty is not null)
            .DistinctBy(chardev => chardev.Label).DistinctBy(chardev => chardev.Pty).ToDictionary(chardev => chardev.Label, chardev => chardev.Pty!, StringComparer.Ordinal);
        return (await target.Qmp.QueryChardevAsync(cancellationToken).ConfigureAwait(false))
            .Where(chardev => chardev.Pty is not null && old.ContainsKey(chardev.Label))
            .DistinctBy(chardev => chardev.Label).ToDictionary(chardev => old[chardev.Label], chardev => chardev.Pty!, StringComparer.Ordinal);
    }
}
