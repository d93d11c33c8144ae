using VirtHandover.Configuration;
using VirtHandover.Linux;
using VirtHandover.Queue;

namespace VirtHandover.Service;

/// <summary>
/// The directory in which the front keeps the queue, made by root for the front's user. Root opens nothing in it: its content is the front's, and a
/// front that was taken over could put anything there.
/// </summary>
public static class QueueDirectory
{
    private const string Name = "queue";
    private const string Database = "virt-handover.db";
    private const string Before = ".before-downgrade";
    private const int Most = 1000;

    /// <summary>Makes it, gives it to the front's user, and takes over the database of a release that kept it as root's.</summary>
    /// <param name="paths">Where the service's things are.</param>
    /// <param name="user">The front's user; null where there is none and root has to do.</param>
    /// <exception cref="LinuxException">It cannot be made, or an older service has the database open.</exception>
    public static void Prepare(ServicePaths paths, SystemUser? user)
    {
        ArgumentNullException.ThrowIfNull(paths);
        try
        {
            Directory.CreateDirectory(paths.State);
            // Whoever knows the name may pass; nobody else may look around.
            File.SetUnixFileMode(
                paths.State,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            Directory.CreateDirectory(paths.Queue, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LinuxException(0, $"The directory {paths.Queue} for the queue cannot be made: {e.Message}");
        }

        using var state = HeldDirectory.Open(paths.State);
        using var queue = HeldDirectory.Open(paths.Queue);
        if (user is not null && state.Look(Name) is { UserId: 0 })
        {
            // As long as it is root's, so is what is in it.
            foreach (var name in queue.Names(Most))
                queue.Give(name, user);
            state.Give(Name, user);
        }

        TakeOver(paths, state, queue, user);
    }

    /// <summary>
    /// Demands that the worker has taken over what an older release kept. It does that before it is ready; if it cannot, a front that made a new database
    /// meanwhile would have forgotten what was deferred, paused and granted.
    /// </summary>
    /// <param name="paths">Where the service's things are.</param>
    /// <exception cref="StoreException">It has not.</exception>
    public static void DemandTakenOver(ServicePaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var older = Path.Combine(paths.State, Database);
        // One that was opened here would be the newer one from then on.
        if (File.Exists(older) && !(LastWrite(paths.Database) > LastWrite(older)))
        {
            throw new StoreException(
                $"The database {older} of an older release is not taken over yet: virt-handoverd's worker does that when it starts. See why it does not with 'systemctl status virt-handover-worker'.");
        }
    }

    private static void TakeOver(ServicePaths paths, HeldDirectory state, HeldDirectory queue, SystemUser? user)
    {
        if (state.Look(Database) is not { IsRegular: true, Links: 1 } || LastWrite(queue) > LastWrite(state))
            return;
        if (FileLock.IsInUse(Path.Combine(paths.State, Database)))
        {
            throw new LinuxException(
                0, $"The database {paths.State}/{Database} belongs to a virt-handoverd of an older release that still runs; it is taken over when that has ended.");
        }

        // The older release ran again, after a downgrade: what it wrote last is what people decided last. What lay here before stays beside it.
        if (queue.Look(Database) is not null)
        {
            _ = queue.Remove(Database + Before + "-wal");
            if (queue.Look(Database + "-wal") is not null)
                queue.Move(Database + "-wal", queue, Database + Before + "-wal");
            queue.Move(Database, queue, Database + Before);
            _ = queue.Remove(Database + "-shm");
        }

        // The database last: whatever interrupts this, the next time goes on with what is left.
        foreach (var name in (string[])[Database + "-wal", Database + "-journal", Database])
        {
            if (state.Look(name) is not { IsRegular: true, Links: 1 })
                continue;
            if (user is not null)
                state.Give(name, user);
            state.Move(name, queue, name);
        }

        _ = state.Remove(Database + "-shm");
    }

    private static DateTime? LastWrite(string database)
    {
        if (!File.Exists(database))
            return null;
        DateTime own = File.GetLastWriteTimeUtc(database), log = File.Exists(database + "-wal") ? File.GetLastWriteTimeUtc(database + "-wal") : own;
        return own > log ? own : log;
    }

    private static long? LastWrite(HeldDirectory directory) => directory.Look(Database) is { } database
        ? Math.Max(database.ModifiedNanoseconds, directory.Look(Database + "-wal")?.ModifiedNanoseconds ?? 0)
        : null;
}
