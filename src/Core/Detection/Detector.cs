using System.Collections.Concurrent;
using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>
/// Compares what each running QEMU was started from with what is on disk now. Builds decide, not names: a file that was replaced
/// by itself (a reinstalled package) makes nobody outdated.
/// </summary>
public sealed class Detector : IDetector
{
    private readonly IRunningDomains _running;
    private readonly ProcRoot _proc;
    private readonly DomainLocator _locator;
    private readonly EmulatorBuilds _emulators;
    private readonly LibraryCheck _libraries;
    private readonly ConcurrentDictionary<Guid, Task> _hanging = new();
    private long _looks;

    /// <summary>Creates a detector; it remembers what it read of unchanged files, so keep it.</summary>
    /// <param name="running">Who runs.</param>
    /// <param name="libvirt">Where libvirt's files are; the host's when null.</param>
    /// <param name="proc">Where procfs is; <c>/proc</c> when null.</param>
    public Detector(IRunningDomains running, LibvirtPaths? libvirt = null, ProcRoot? proc = null)
        : this(running, libvirt ?? new LibvirtPaths(), proc ?? ProcRoot.Host, new EmulatorProbe(), new PackageOwner())
    {
    }

    internal Detector(IRunningDomains running, LibvirtPaths libvirt, ProcRoot proc, IEmulatorProbe probe, PackageOwner owner)
    {
        var builds = new FileBuilds();
        _running = running;
        _proc = proc;
        _locator = new DomainLocator(libvirt, proc);
        _emulators = new EmulatorBuilds(builds, probe, owner);
        _libraries = new LibraryCheck(proc, builds);
    }

    /// <inheritdoc/>
    public long Looks => Volatile.Read(ref _looks);

    /// <summary>How long one VM may be looked at; tests have less patience.</summary>
    internal TimeSpan Patience { get; init; } = ForeignBounds.Look;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DetectedDomain>> ScanAsync(CancellationToken cancellationToken)
    {
        var found = new List<DetectedDomain>();
        var lost = new Dictionary<RunningDomain, string>();
        var scan = new ScanMemory();
        IReadOnlyList<RunningDomain> domains = await _running.ListRunningAsync(cancellationToken).ConfigureAwait(false);
        foreach (RunningDomain domain in domains)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                found.Add(await LookAsync(domain, scan, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it is, it is this VM's trouble: the others are looked at all the same.
                lost[domain] = exception is ProcException or StatusFileException or LostDomainException or IOException or UnauthorizedAccessException
                    ? exception.Message
                    : $"This is a fault of virt-handover's own ({exception.GetType().Name}: {exception.Message.TrimEnd('.')}).";
            }

            _ = Interlocked.Increment(ref _looks);
        }

        if (lost.Count > 0)
        {
            // Most likely they ended meanwhile. One that libvirt still lists is a fault to be shown, not to be left out.
            var still = (await _running.ListRunningAsync(cancellationToken).ConfigureAwait(false)).ToHashSet();
            found.AddRange(lost.Where(pair => still.Contains(pair.Key)).Select(pair => Unknown(pair.Key, pair.Value)));
        }

        _locator.Forget(domains);
        HashSet<Guid> running = [.. domains.Select(domain => domain.Uuid)];
        foreach (Guid gone in _hanging.Where(look => look.Value.IsCompleted && !running.Contains(look.Key)).Select(look => look.Key))
        {
            _ = _hanging.TryRemove(gone, out _);
        }

        return found;
    }

    private static DetectedDomain Unknown(RunningDomain domain, string problem) =>
        new(domain.Uuid, domain.Name, ProcessId: 0, new QemuBuild("", "", "", ""), Installed: null, [])
        {
            Problem = $"The QEMU of domain {domain.Name} could not be examined; the VM was not touched. {problem}",
        };

    /// <summary>
    /// Looks at one VM, in a thread of its own: a file of a QEMU's may lie where reading it hangs in the kernel for ever. As long as it does, no second
    /// thread is
    /// sent after it.
    /// </summary>
    private async Task<DetectedDomain> LookAsync(RunningDomain domain, ScanMemory scan, CancellationToken cancellationToken)
    {
        if (_hanging.TryGetValue(domain.Uuid, out Task? earlier))
        {
            if (!earlier.IsCompleted)
            {
                throw new LostDomainException("An earlier look at the files of its process has not come back yet; it is looked at again when that has ended.");
            }

            _ = _hanging.TryRemove(domain.Uuid, out _);
        }

        var time = new LookTime { Limit = Patience };
        Task<DetectedDomain> look = Task.Factory.StartNew(
            () => DetectAsync(domain, scan, time, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        if (await time.WaitAsync(look, cancellationToken).ConfigureAwait(false))
        {
            return await look.ConfigureAwait(false);
        }

        _hanging[domain.Uuid] = look;
        // Nobody waits for it; how it fails is no event of its own.
        _ = look.ContinueWith(task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        throw new LostDomainException(string.Create(
            CultureInfo.InvariantCulture, $"The files of its process could not be read within {Patience.TotalSeconds:0.##} s."));
    }

    private async Task<DetectedDomain> DetectAsync(RunningDomain domain, ScanMemory scan, LookTime time, CancellationToken cancellationToken)
    {
        LocatedDomain located = _locator.Locate(domain);
        int pid = located.Process.ProcessId;
        string executable = _proc.File(pid, "exe");
        string started = InstalledProgram.WithoutMark(ProcFile.ReadLink(executable));
        string root = _proc.File(pid, "root");
        if (FileIdentity.Of(root) is null)
        {
            // Not allowed to look through the process's eyes; libvirt's private namespace differs from the host's in /dev only.
            root = "";
        }

        (QemuBuild? installed, string problem) = await _emulators.InstalledAsync(
            root, located.Emulator.Length > 0 ? located.Emulator : started, started, pid, scan, time, cancellationToken).ConfigureAwait(false);
        QemuBuild running = await _emulators.RunningAsync(executable, started, installed, pid, time, cancellationToken).ConfigureAwait(false)
            ?? throw new LostDomainException(
                $"The program of its process {pid} cannot be read: that takes CAP_SYS_PTRACE, and a file that root owns and nobody else may write.");

        var reasons = new List<Staleness>();
        if (installed is not null && installed.BuildId != running.BuildId)
        {
            reasons.Add(new Staleness(StalenessKind.Binary, [installed.Path]));
        }

        if (_libraries.FindReplaced(pid, root, started) is { Count: > 0 } libraries)
        {
            reasons.Add(new Staleness(StalenessKind.Libraries, libraries));
        }

        // All of it was read by pid. If the process has ended, another one may have answered.
        if (!located.Process.Exists(_proc))
        {
            throw new LostDomainException($"Its process {pid} ended while it was examined.");
        }

        return new DetectedDomain(domain.Uuid, domain.Name, pid, running, installed, reasons)
        {
            Problem = problem.Length == 0 ? "" : $"Domain {domain.Name} cannot be handed over now; it runs on unchanged. {problem}",
        };
    }
}
