using VirtHandover.Handover.Files;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Preflight;
using VirtHandover.Handover.Records;
using VirtHandover.Handover.Settings;
using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>Begin: read everything of the source, run the preflight. Changes nothing.</summary>
internal static class BeginPhase
{
    /// <summary>Reads the source and opens the journal.</summary>
    /// <exception cref="RefusedException">The preflight found a blocker.</exception>
    /// <exception cref="HandoverException">The domain does not run, or its process cannot be read.</exception>
    internal static async Task<Begun> RunAsync(
        HandoverRequest request, IReadOnlyList<long> together, HandoverJournal journal, TimeProvider clock, CancellationToken cancellationToken)
    {
        var begun = await ReadInTimeAsync(request, clock, cancellationToken).ConfigureAwait(false);
        try
        {
            Checkpoint.Reach("begin.read");
            if (begun.Assessment.IsBlocked)
                throw new RefusedException(begun.Assessment.Findings);
            if (StillPause.Refusal(begun.Assessment, request.MaxPause) is { } tooLong)
                throw new RefusedException([tooLong, .. begun.Assessment.Findings]);
            journal.Write(new JournalEntry.Opened(
                request,
                begun.Name,
                HostBoot.Id,
                begun.Source.Identity,
                begun.Status.MonitorPath,
                begun.Status.Path)
            {
                At = clock.GetUtcNow(),
                Together = together,
                Machine = begun.Machine,
            });
            Checkpoint.Reach("begin.journaled");
            return begun;
        }
        catch
        {
            begun.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The same within a limit, in a thread of its own: what is read of a process that lies may hang in the kernel for ever, and the other VMs of the
    /// keeper would wait.
    /// </summary>
    private static async Task<Begun> ReadInTimeAsync(HandoverRequest request, TimeProvider clock, CancellationToken cancellationToken)
    {
        var reading = Task.Factory.StartNew(
            () => ReadAsync(request, clock, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        try
        {
            return await reading.WaitAsync(Limits.Begin, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            _ = reading.ContinueWith(
                late =>
                {
                    if (late.IsCompletedSuccessfully)
                        late.Result.Dispose();
                    else
                        _ = late.Exception;
                },
                CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw new HandoverException($"It could not be examined within {Limits.Begin.TotalSeconds:0} s.", exception);
        }
    }

    /// <summary>Reads the source and runs the preflight.</summary>
    internal static async Task<Begun> ReadAsync(HandoverRequest request, TimeProvider clock, CancellationToken cancellationToken)
    {
        var paths = new LibvirtPaths();
        var libvirt = await LibvirtConnection.OpenAsync(LibvirtConnection.SystemUri, limit: null, cancellationToken).ConfigureAwait(false);
        ProcessHandle? source = null;
        try
        {
            var domain = await libvirt.FindAsync(request.Domain, cancellationToken).ConfigureAwait(false);
            if (domain is not { Id: >= 0 })
                throw new GoneException(domain is null ? $"libvirt knows no domain {request.Domain}." : $"VM {domain.Name} does not run.");
            var status = StatusFile.Read(paths.StatusFile(domain.Name));
            source = ProcessHandle.Open(status.ProcessId);
            if (status.Uuid != domain.Uuid)
                throw new HandoverException($"libvirt's status file {status.Path} is that of another VM than {domain.Name}.");
            // Before anything else is read of it: what its process shows may be a trap.
            var recorded = await RecordTaking.TakeAsync(status, source, paths, DomainRecords.Host, clock, cancellationToken).ConfigureAwait(false);
            if (recorded.Problems.Count > 0)
                throw new RefusedException(recorded.Problems);

            // Before the first question to QEMU, which leaves the same mark.
            var used = MonitorUse.WasBeforeUs(status, source.Identity);
            var context = ProcessContext.Read(source.Id) with { Environment = recorded.Environment };
            var expected = ExpectedRights.Of(status, QemuConf.Read(paths));
            var line = CommandLine.Parse(recorded.Arguments);
            var trying = FileTrial.TryAsync(source.Identity, context, NamedFiles.TryOf(line, null), cancellationToken);
            var monitor = new LibvirtQmpChannel(libvirt, domain.Uuid, domain.Name);
            // Not a script that starts it, which an upgrade leaves as it is, and with it what is remembered of its answers.
            var program = InstalledProgram.PathOf("", status.Domain.Emulator, SavedQemu.PathOf(source.Id)) ?? status.Domain.Emulator;
            var probe = AskAsync(source.Identity, context, status.Domain.Emulator, program, cancellationToken);
            var reading = LiveFacts.ReadAsync(monitor, line, cancellationToken);
            var placing = ThreadPlacement.ReadAsync(source, monitor, cancellationToken);
            var registered = MachineReader.ReadAsync(source.Id, domain.Uuid, cancellationToken);
            var describing = libvirt.GetXmlAsync(domain.Uuid, cancellationToken);
            await Task.WhenAll(reading, placing, registered, describing, trying).ConfigureAwait(false);
            var xml = DomainXml.Parse(await describing.ConfigureAwait(false));
            var live = await reading.ConfigureAwait(false);
            var target = await probe.ConfigureAwait(false);
            var machine = await registered.ConfigureAwait(false);
            var refusals = await trying.ConfigureAwait(false);
            return new Begun
            {
                Request = request,
                Name = domain.Name,
                Clock = clock,
                Paths = paths,
                Libvirt = libvirt,
                Monitor = monitor,
                Source = source,
                Record = recorded.Record,
                Context = context,
                Affinity = Placed(source),
                Descriptors = SourceDescriptors.Read(source),
                Status = status,
                Domain = xml,
                Program = status.Domain.Emulator,
                Expected = expected,
                TargetOptions = target.Options,
                CommandLine = line,
                Live = live,
                Threads = await placing.ConfigureAwait(false),
                VncAddresses = VncListeners.Addresses(line),
                Machine = machine.Machine,
                Replays = ReplayReader.Read(live, xml, protocol => AsksForPassword(line, protocol) ? QemuConf.Read(paths).PasswordOf(protocol) : null),
                Assessment = PreflightCheck.Assess(new SourceFacts
                {
                    Line = line,
                    Live = live,
                    Target = target,
                    Host = HostReader.Read(paths, context.Cgroups),
                    OwnBytes = ProcessStatus.Read(ProcRoot.Host, source.Id).AnonymousBytes,
                    Status = status,
                    Machine = machine,
                    Ties = [.. ProcessTies.ObstaclesOf(source.Id), .. SourceNamespaces.Obstacle(source.Identity) is { } obstacle ? [obstacle] : (string[])[]],
                    OtherRights = [.. expected.Differences(context, "The VM's QEMU")],
                    MigrationSpeed = await libvirt.MigrationSpeedAsync(domain.Uuid, cancellationToken).ConfigureAwait(false),
                    IsMonitorUsed = used,
                    Files = FileReader.Look(source.Identity, line, live.Devices.Nodes, recorded.Record.Files, refusals),
                    IsRecordLate = recorded.Record.IsLate,
                    FilesWereTried = refusals is not null,
                    Context = context,
                }),
            };
        }
        catch
        {
            source?.Dispose();
            await libvirt.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // As the QEMU user, in no namespace of anybody's, and only what root alone can change.
    private static async Task<TargetFacts> AskAsync(
        ProcessIdentity source, ProcessContext context, string emulator, string program, CancellationToken cancellationToken)
    {
        if (EmulatorTrust.Problem(source, emulator, program) is { } untrusted)
            return new TargetFacts(program, new Version(0, 0, 0), [], $"The QEMU on disk, {program}, is not run.") { Untrusted = untrusted };
        return await TargetProbe.AskAsync(
            program,
            TargetAnswers.Host,
            (arguments, stop) => LaunchedTool.RunAsync(
                new Launch
                {
                    Subject = "It",
                    Context = LaunchContexts.OfQuestion(context.Status),
                    Program = program,
                    Arguments = [program, .. arguments],
                    Environment = LaunchedTool.Environment,
                    Descriptors = [],
                },
                Limits.TargetStart,
                stop),
            cancellationToken).ConfigureAwait(false);
    }

    private static bool AsksForPassword(CommandLine line, string protocol) => protocol == "spice"
        ? line.All("spice").Any(spice => !spice.Value.IsOn("disable-ticketing"))
        : line.All("vnc").Any(vnc => vnc.Value.IsOn("password"));

    private static ThreadAffinity Placed(ProcessHandle source)
    {
        using var main = HeldThread.Main(source);
        return ThreadAffinity.Of(main);
    }
}
