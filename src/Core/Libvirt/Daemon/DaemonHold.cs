using System.Diagnostics;
using Serilog;
using VirtHandover.Linux;
using VirtHandover.Logging;

namespace VirtHandover.Libvirt;

/// <summary>
/// The time in which no libvirt daemon can run: the lock that every daemon takes first on <c>driver.pid</c> is ours. Begins when
/// the daemon has ended, ends with <see cref="ReleaseAsync"/>.
/// </summary>
public sealed class DaemonHold
{
    /// <summary>What is killed ends at once, but on a busy host not in no time at all.</summary>
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(5);

    private readonly Func<CancellationToken, Task> _start;
    private readonly FileLock _lock;
    private readonly LibvirtPaths _paths;
    private readonly ILogger _log;

    private DaemonHold(Func<CancellationToken, Task> start, FileLock fileLock, LibvirtPaths paths, ILogger log, long since)
    {
        _start = start;
        _lock = fileLock;
        _paths = paths;
        _log = log;
        Since = since;
    }

    /// <summary>Since when libvirt's API has been away, in <see cref="Stopwatch"/> ticks.</summary>
    public long Since { get; }

    /// <summary>True once the daemon may start again.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>
    /// Stops the daemon and takes its lock; one that does not end in time is killed. libvirt's 11.3 was seen to go round in a circle once in
    /// twenty-five stops instead of ending, and one that waits for a QEMU's answer, or that was started in the middle of a handover and hangs on the monitor
    /// of a frozen QEMU, does not end either. Domains outlive their daemon's death, and a job that it was about is in its status file.
    /// </summary>
    /// <param name="daemon">The running daemon.</param>
    /// <param name="paths">Where libvirt's files are.</param>
    /// <param name="limit">How long its end may take.</param>
    /// <param name="longest">How long while it starts a VM or receives one; the next daemon kills that VM when this one is killed over it.</param>
    /// <param name="log">The log.</param>
    /// <exception cref="LibvirtException">It could not be asked to end, or another daemon took its place.</exception>
    public static async Task<DaemonHold> TakeAsync(LibvirtDaemon daemon, LibvirtPaths paths, TimeSpan limit, TimeSpan longest, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(daemon);
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(log);
        using var process = ProcessHandle.TryOpen(daemon.Process)
            ?? throw LibvirtException.Ended($"{daemon.Name} ended before it was stopped.");
        var since = Stopwatch.GetTimestamp();
        // systemd answers when it has ended, or was given up.
        var asking = daemon.RequestStopAsync(CancellationToken.None);
        var ending = process.WaitForExitAsync(limit, CancellationToken.None);
        if (await Task.WhenAny(asking, ending).ConfigureAwait(false) == asking)
            await asking.ConfigureAwait(false);
        // Not while it starts a VM or receives one: the next daemon would kill that. It ends when it has, or systemd has given it up.
        if (!await ending.ConfigureAwait(false) && StatusFile.ReadAll(paths).FirstOrDefault(status => status.IsComing) is { } coming)
        {
            log.ForContext(new About(MessageKind.LibvirtSlow) { Domain = coming.Name, Uuid = coming.Uuid }).Warning(
                "{Daemon} has not ended yet, because VM {Domain} is just being started or migrated here; it is waited for.", daemon.Name, coming.Name);
            _ = await process.WaitForExitAsync(longest > limit ? longest - limit : TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
        }

        if (!process.HasExited)
        {
            log.ForContext(new About(MessageKind.LibvirtSlow)).Warning(
                "{Daemon} did not end within {Seconds:0.#} s of being asked to, and was killed; it is started again as after any handover.",
                daemon.Name, limit.TotalSeconds);
            process.Kill();
            if (!await process.WaitForExitAsync(limit > KillLimit ? limit : KillLimit, CancellationToken.None).ConfigureAwait(false))
                throw new LibvirtException(0, $"{daemon.Name} (process {process.Id}) does not end although it was killed: the kernel keeps it. libvirt is away until it does.");
        }

        await asking.ConfigureAwait(false);
        try
        {
            return FileLock.TryTake(paths.DriverPidFile) is { } taken
                ? new DaemonHold(daemon.StartAsync, taken, paths, log, since)
                : throw new LibvirtException(0, $"Another libvirt daemon started in the moment {daemon.Name} ended; it runs undisturbed.");
        }
        catch (LinuxException exception)
        {
            await daemon.StartAsync(CancellationToken.None).ConfigureAwait(false);
            throw new LibvirtException(0, $"{daemon.Name} was stopped and is started again, because its lock could not be taken: {exception.Message}");
        }
    }

    /// <summary>Takes the lock while no daemon runs.</summary>
    /// <param name="recipe">How to start one afterwards; null when none is to be started, because this handover had stopped none.</param>
    /// <param name="paths">Where libvirt's files are.</param>
    /// <param name="log">The log.</param>
    /// <returns>The hold; null when another process has the lock.</returns>
    public static DaemonHold? TryTakeIdle(DaemonRecipe? recipe, LibvirtPaths paths, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(log);
        return FileLock.TryTake(paths.DriverPidFile) is { } taken
            ? new DaemonHold(
                cancellationToken => recipe is null ? Task.CompletedTask : DaemonStart.RunAsync(recipe, [], paths, cancellationToken),
                taken, paths, log, Stopwatch.GetTimestamp())
            : null;
    }

    /// <summary>Lets the daemon start again, and starts it.</summary>
    /// <param name="cancellationToken">Stops waiting for the start to be accepted.</param>
    /// <exception cref="LibvirtException">It could not be started; the lock is free, so it can be started by hand.</exception>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        Drop();
        await _start(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets the daemon start again; somebody else starts it.</summary>
    public void Drop()
    {
        IsReleased = true;
        try
        {
            MonitorNames.RemoveLinks(_paths, _log);
        }
        finally
        {
            _lock.Dispose();
        }
    }
}
