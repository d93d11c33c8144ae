using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Libvirt;

/// <summary>
/// The daemon that manages QEMU domains now, <c>libvirtd</c> or <c>virtqemud</c>, found by what runs: the process that holds the
/// lock on <c>driver.pid</c>. It knows how to stop itself so that its sockets do not start it again, and how to start as it ran.
/// </summary>
public abstract class LibvirtDaemon
{
    private protected LibvirtDaemon(ProcessIdentity process, string name)
    {
        Process = process;
        Name = name;
    }

    /// <summary>The running process.</summary>
    public ProcessIdentity Process { get; }

    /// <summary>What the administrator calls it: the unit or the program.</summary>
    public string Name { get; }

    /// <summary>Finds the daemon.</summary>
    /// <param name="paths">Where libvirt's files are.</param>
    /// <returns>The daemon; null when none runs.</returns>
    public static async Task<LibvirtDaemon?> FindAsync(LibvirtPaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (FileLock.Holder(paths.DriverPidFile) is not { } holder)
            return null;
        try
        {
            var process = ProcessIdentity.Read(ProcRoot.Host, holder);
            // What it is started again by is read of it.
            if (ProcessStatus.Read(ProcRoot.Host, holder).UserIds.Any(user => user != 0))
                return null;
            // A handover or a recovery that keeps it away.
            if (Path.GetFileName(InstalledProgram.WithoutMark(ProcFile.ReadLink(ProcRoot.Host.File(holder, "exe")))) == "virt-handoverd")
                return null;
            var unit = Directory.Exists("/run/systemd/system") ? SystemdDaemon.UnitOf(holder) : null;
            return unit is not null
                ? await SystemdDaemon.ReadAsync(process, unit).ConfigureAwait(false)
                : PlainDaemon.Read(process, paths);
        }
        catch (ProcException)
        {
            return null;
        }
    }

    /// <summary>Asks whether it may be stopped now; libvirt is up.</summary>
    /// <returns>Why it must not be, to follow "because"; null when nothing is against it.</returns>
    /// <exception cref="LibvirtException">That could not be found out.</exception>
    internal virtual Task<string?> ObstacleAsync() => Task.FromResult<string?>(null);

    /// <summary>Asks the daemon to end and its sockets not to start it again. Does not wait for its end.</summary>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="LibvirtException">It could not be asked.</exception>
    internal abstract Task RequestStopAsync(CancellationToken cancellationToken);

    /// <summary>Starts it as it ran before, its sockets included. Does not wait until it answers.</summary>
    /// <param name="cancellationToken">Stops waiting for the start to be accepted.</param>
    /// <exception cref="LibvirtException">It could not be started.</exception>
    internal abstract Task StartAsync(CancellationToken cancellationToken);

    /// <summary>What a recovery needs to start the daemon: written to the journal before it is stopped.</summary>
    internal abstract DaemonRecipe Recipe { get; }
}
