using System.Collections.Concurrent;
using VirtHandover.Contract;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>Describes emulators: the one on disk, and the one a process was started from.</summary>
internal sealed class EmulatorBuilds(FileBuilds builds, IEmulatorProbe probe, PackageOwner owner)
{
    private const int MaxRemembered = 64;

    // What was on disk once: after an upgrade it tells the package of those who still run it.
    private readonly ConcurrentDictionary<string, QemuBuild> _seen = new(StringComparer.Ordinal);

    /// <summary>The emulator on disk that a start of the domain would use.</summary>
    /// <param name="root">How the root directory is reached from here; empty for the host's.</param>
    /// <param name="emulator">The path in the domain's XML.</param>
    /// <param name="started">What the process was started from.</param>
    /// <param name="processId">The process.</param>
    /// <param name="scan">What this scan knows already.</param>
    /// <param name="time">How long the look takes.</param>
    /// <param name="cancellationToken">Stops the tools that are asked.</param>
    /// <returns>The build; null with a sentence when it is missing or does not run.</returns>
    public async Task<(QemuBuild? Build, string Problem)> InstalledAsync(
        string root, string emulator, string started, int processId, ScanMemory scan, LookTime time, CancellationToken cancellationToken)
    {
        string? path = InstalledProgram.PathOf(root, emulator, started);
        if (path is null || FileIdentity.Of(root + path) is not { } file)
        {
            return (null, $"The emulator {path ?? emulator} is not on disk any more; install QEMU again.");
        }

        if (scan.Installed.TryGetValue((path, file), out (QemuBuild? Build, string Problem) known))
        {
            return known;
        }

        (QemuBuild? Build, string Problem) result = await DescribeAsync(root, path, file, processId, time, cancellationToken).ConfigureAwait(false);
        scan.Installed[(path, file)] = result;
        return result;
    }

    /// <summary>The emulator a process was started from, whether its file still has a name or not.</summary>
    /// <param name="executable">The process's <c>exe</c> link.</param>
    /// <param name="started">Where that link points.</param>
    /// <param name="installed">The one on disk.</param>
    /// <param name="processId">The process.</param>
    /// <param name="time">How long the look takes.</param>
    /// <param name="cancellationToken">Stops the tools that are asked.</param>
    /// <returns>The build; null when the process has ended, may not be read, or runs what is not root's alone.</returns>
    public async Task<QemuBuild?> RunningAsync(
        string executable, string started, QemuBuild? installed, int processId, LookTime time, CancellationToken cancellationToken)
    {
        if (builds.Of(executable) is not { } build)
        {
            return null;
        }

        if (installed?.BuildId == build)
        {
            return installed with { Path = started };
        }

        if (_seen.TryGetValue(build, out QemuBuild? seen))
        {
            return seen with { Path = started };
        }

        // It may not start any more, because its libraries have gone: then its version stays unknown, which stops nothing.
        (EmulatorVersion? version, _) = await time.OutsideAsync(() => probe.AskAsync(executable, build, processId, cancellationToken)).ConfigureAwait(false);
        return new QemuBuild(started, version?.Version ?? "", version?.Package ?? "", build);
    }

    private async Task<(QemuBuild? Build, string Problem)> DescribeAsync(
        string root, string path, FileIdentity file, int processId, LookTime time, CancellationToken cancellationToken)
    {
        if (!file.IsRegular || !file.IsExecutable)
        {
            return (null, $"The emulator {path} is not an executable file; install QEMU again.");
        }

        if (builds.Of(root + path) is not { } build)
        {
            return (null, $"The emulator {path} {TrustedFile.Objection(file) ?? "cannot be read"}.");
        }

        (EmulatorVersion? version, string failure) = await time.OutsideAsync(
            () => probe.AskAsync(root + path, build, processId, cancellationToken)).ConfigureAwait(false);
        if (version is null)
        {
            return (null, $"The emulator {path} on disk {failure}; repair or downgrade its package.");
        }

        string package = await time.OutsideAsync(() => owner.OfAsync(path, file, cancellationToken)).ConfigureAwait(false);
        var installed = new QemuBuild(path, version.Version, package.Length > 0 ? package : version.Package, build);
        if (_seen.Count >= MaxRemembered)
        {
            _seen.Clear();
        }

        _seen[build] = installed;
        return (installed, "");
    }
}
