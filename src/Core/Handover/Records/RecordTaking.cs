using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Handover.Disks;
using VirtHandover.Handover.Files;
using VirtHandover.Handover.Preflight;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Records;

/// <summary>What a handover goes by: how the domain's process was started, and what of its environment its successor gets.</summary>
/// <param name="Record">The record of the process.</param>
/// <param name="Arguments">The command line that it stands for, with its disks of now.</param>
/// <param name="Environment">The environment for the new QEMU.</param>
/// <param name="Problems">Blockers; without one the process shows what was recorded, and all of it is the domain's.</param>
internal sealed record Recorded(
    DomainRecord Record, IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment, IReadOnlyList<Finding> Problems);

/// <summary>Takes the record of a domain's process or finds it, and compares it with what the process shows and what libvirt says.</summary>
internal static class RecordTaking
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>An older process may have been a guest's for a while.</summary>
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(10);

    // The kernel lets a program have more; libvirt's longest, with a hundred disks, has a tenth of it.
    private const int MostBytes = 2 << 20;

    /// <summary>Takes or finds it, within a time: what the kernel reads out of a process's memory, the process can make slow.</summary>
    /// <param name="status">libvirt's status file, which names the process.</param>
    /// <param name="process">The process, held.</param>
    /// <param name="paths">Where libvirt's files are.</param>
    /// <param name="records">Where records are.</param>
    /// <param name="clock">The host's clock.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HandoverException">The process is not the domain's or does not let itself be read, or the record cannot be kept.</exception>
    /// <exception cref="ProcException">The process has ended.</exception>
    internal static async Task<Recorded> TakeAsync(
        StatusFile status, ProcessHandle process, LibvirtPaths paths, DomainRecords records, TimeProvider clock, CancellationToken cancellationToken)
    {
        var taking = Task.Run(() => Take(status, process, paths, records, clock), cancellationToken);
        try
        {
            return await taking.WaitAsync(Limit, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new HandoverException(
                $"The command line of VM {status.Name}'s process {process.Id} could not be read within {Limit.TotalSeconds:0} s, which takes no time.");
        }
    }

    /// <summary>Takes or finds it.</summary>
    /// <param name="status">libvirt's status file, which names the process.</param>
    /// <param name="process">The process, held.</param>
    /// <param name="paths">Where libvirt's files are.</param>
    /// <param name="records">Where records are.</param>
    /// <param name="clock">The host's clock.</param>
    /// <exception cref="HandoverException">The process is not the domain's, or the record cannot be kept.</exception>
    /// <exception cref="ProcException">The process has ended.</exception>
    internal static Recorded Take(StatusFile status, ProcessHandle process, LibvirtPaths paths, DomainRecords records, TimeProvider clock)
    {
        var known = records.Read(status.Uuid, process.Identity);
        var (words, environment) = (Present(process.Id, "cmdline"), Present(process.Id, "environ"));
        if (known is not null && Changes(known, words, environment) is { Count: > 0 } changes)
            return new Recorded(known, known.Arguments, [], [.. changes.Select(FindingCodes.CmdLineChanged.Says)]);
        if (words is null || environment is null)
        {
            throw new HandoverException(
                $"The command line or the environment of VM {status.Name}'s process {process.Id} cannot be read or is longer than any that libvirt writes.");
        }

        var record = known ?? New(status, process.Identity, words, environment, clock);
        var now = OfNow(record.Arguments, status);
        if (record.Files is null)
            record = record with { Files = FilesOf(process.Id, now) };
        var facts = DomainFacts.Of(status, QemuConf.Read(paths), SavedQemu.PathOf(process.Id));
        var built = LibvirtEnvironment.Of(record.Environment, facts, record.Environment.Any(IsLoader) ? EnvironmentOfDaemon(paths) : []);
        var wasMoved = !record.Arguments.SequenceEqual(record.Words, StringComparer.Ordinal);
        IReadOnlyList<string> foreign = record.IsChecked ? [] : [.. LineCheck.Problems(now, facts, wasMoved), .. built.Problems];
        if (known?.Files is null || (foreign.Count == 0 && !record.IsChecked))
        {
            record = record with { IsChecked = foreign.Count == 0 };
            Keep(records, record, status.Name);
        }

        return new Recorded(record, now, built.Variables, [.. foreign.Select(FindingCodes.CmdLineForeign.Says)]);
    }

    /// <summary>Notes how a new QEMU was started by us, as soon as it is one and before it has seen anything of a guest.</summary>
    /// <param name="source">The record of the one that it is to succeed.</param>
    /// <param name="target">The new process.</param>
    /// <param name="arguments">The command line that it stands for.</param>
    /// <param name="records">Where records are.</param>
    /// <param name="name">The domain's name.</param>
    /// <exception cref="HandoverException">It cannot be kept.</exception>
    internal static void OfTarget(DomainRecord source, ProcessIdentity target, IReadOnlyList<string> arguments, DomainRecords records, string name)
    {
        if (Present(target.ProcessId, "cmdline") is not { Count: > 0 } words || Present(target.ProcessId, "environ") is not { } environment)
            throw new HandoverException($"The command line of the new QEMU of VM {name} cannot be read.");
        Keep(records, source with { Process = target, Words = words, Environment = environment, Arguments = arguments, IsChecked = true }, name);
    }

    /// <summary>
    /// Makes sure that the new QEMU has a record once libvirt is given the VM, and the old one none: a handover that 0.1 began and a newer version ends
    /// has started it without.
    /// </summary>
    /// <returns>Why it has none, a sentence; null when it has one.</returns>
    internal static string? Complete(
        Guid domain, ProcessIdentity source, ProcessIdentity target, IReadOnlyList<string> arguments, DomainRecords records)
    {
        try
        {
            records.Remove(domain, source);
            if (records.Read(domain, target) is not null)
                return null;
            if (Present(target.ProcessId, "cmdline") is not { Count: > 0 } words || Present(target.ProcessId, "environ") is not { } environment)
                return "The command line of the new QEMU cannot be read; another handover of this VM will be refused.";
            // The journal keeps no password; the process has those that it was started with.
            if (Secrets.Restore(arguments, words) is not { } whole)
                return "The command line of the new QEMU lacks what its journal does not keep; another handover of this VM will be refused.";
            records.Write(new DomainRecord
            {
                Domain = domain,
                Process = target,
                Boot = HostBoot.Id,
                Words = words,
                Environment = environment,
                Arguments = whole,
                IsLate = true,
                IsChecked = false,
            });
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or HandoverException)
        {
            return $"How the new QEMU was started could not be noted, and another handover of this VM will be refused: {exception.Message}";
        }
    }

    private static DomainRecord New(
        StatusFile status, ProcessIdentity process, IReadOnlyList<string> words, IReadOnlyList<string> environment, TimeProvider clock)
    {
        var moved = LogicalCommandLine.Find(status.Uuid, process);
        // The status file may be stale and the number taken by another process: then nothing must be noted of it under the domain's name.
        if (!words.SkipWhile(word => word != "-uuid").Skip(1).Take(1).Any(word => Guid.TryParse(word, out var uuid) && uuid == status.Uuid))
            throw new HandoverException($"Process {process.ProcessId}, which libvirt's status file names, is not the QEMU of VM {status.Name}.");
        return new DomainRecord
        {
            Domain = status.Uuid,
            Process = process,
            Boot = HostBoot.Id,
            Words = words,
            Environment = environment,
            Arguments = moved?.Arguments ?? words,
            IsLate = clock.GetUtcNow() - HostBoot.TimeOf(process.StartTime, clock) > Young,
            IsChecked = false,
        };
    }

    // Noted late, it names media that were ejected and images that were merged since: those are not the domain's any more, and nobody opens them.
    private static IReadOnlyList<string> OfNow(IReadOnlyList<string> arguments, StatusFile status)
    {
        try
        {
            return CurrentDisks.Of(CommandLine.Parse(arguments), status.Domain).Render();
        }
        catch (CommandLineException)
        {
            return arguments; // whoever checks it says what is wrong with it
        }
    }

    private static Dictionary<string, string> FilesOf(int process, IReadOnlyList<string> arguments)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        // Late, a path may lead to another file already; that says nothing of what it led to.
        var open = OpenFile.Of(ProcRoot.Host, process);
        foreach (var file in NamedFiles.TryOf(arguments).Where(file => file.Use != FileUse.Loaded))
        {
            if (PathOfProcess.LookUp(process, file.Path, out _) is { } found && open.Any(one => one.File.IsSameFile(found)))
                files[file.Path] = found.Key;
        }

        return files;
    }

    private static List<string> Changes(DomainRecord record, IReadOnlyList<string>? words, IReadOnlyList<string>? environment)
    {
        var changes = new List<string>();
        if (words is null || !words.SequenceEqual(record.Words, StringComparer.Ordinal))
            changes.Add(Says("command line"));
        if (environment is null || !environment.SequenceEqual(record.Environment, StringComparer.Ordinal))
            changes.Add(Says("environment"));
        return changes;

        string Says(string what) =>
            FormattableString.Invariant($"The {what} that process {record.Process.ProcessId} shows is no longer the one that it was started with.");
    }

    /// <summary>Null when it is no text, or longer than libvirt's could be.</summary>
    private static IReadOnlyList<string>? Present(int process, string file)
    {
        var path = ProcRoot.Host.File(process, file);
        try
        {
            var content = ProcFile.ReadBytes(path);
            return content.Length <= MostBytes ? ProcessCommandLine.Parse(path, content) : null;
        }
        catch (ProcException exception) when (!exception.IsGone)
        {
            return null;
        }
    }

    private static void Keep(DomainRecords records, DomainRecord record, string name)
    {
        try
        {
            records.Write(record);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HandoverException($"How the QEMU of VM {name} was started could not be noted: {exception.Message}", exception);
        }
    }

    private static bool IsLoader(string variable) => variable.StartsWith("LD_", StringComparison.Ordinal);

    // What libvirt's daemon has of it, it hands on to every QEMU. The daemon is root's.
    private static IReadOnlyList<string> EnvironmentOfDaemon(LibvirtPaths paths)
    {
        try
        {
            return FileLock.Holder(paths.DriverPidFile) is { } daemon ? ProcessCommandLine.ReadEnvironment(ProcRoot.Host, daemon) : [];
        }
        catch (Exception exception) when (exception is ProcException or LinuxException)
        {
            return [];
        }
    }
}
