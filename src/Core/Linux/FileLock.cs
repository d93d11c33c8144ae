using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// A POSIX write lock on a whole file, the kind libvirt takes on its pid files. It belongs to this process and goes with
/// it; closing any other descriptor of the same file here would drop it, so nothing else may open that file.
/// </summary>
public sealed class FileLock : IDisposable
{
    private const int OwnerOnly = 0x180;
    private const int Tries = 20;

    private readonly SafeHandle _handle;
    private readonly string _path;

    private FileLock(SafeHandle handle, string path)
    {
        _handle = handle;
        _path = path;
    }

    /// <summary>
    /// Takes the lock without waiting; creates the file when it is missing, or when somebody keeps a read lock on it: every user may read libvirt's, and
    /// a daemon would find it locked for ever. libvirt looks whether the file that it has locked still has its name, as this does.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>The lock; null when another process has it.</returns>
    /// <exception cref="LinuxException">The file cannot be opened, or is replaced again and again.</exception>
    public static FileLock? TryTake(string path)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            var handle = Libc.Own(Libc.Check(Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, OwnerOnly), $"{path} cannot be opened"));
            var isTaken = false;
            try
            {
                if (TryLock(handle, Libc.F_SETLK, path))
                {
                    isTaken = HasName(handle, path);
                    if (isTaken)
                    {
                        // From now on nobody else can open it; who has done so before loses sight of it when the lock is given back.
                        File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                        return new FileLock(handle, path);
                    }
                }
                else if (Writer(handle) is not null)
                {
                    return null;
                }
                else if (HasName(handle, path))
                {
                    File.Delete(path);
                }
            }
            finally
            {
                if (!isTaken)
                    handle.Dispose();
            }
        }

        throw new LinuxException(0, $"{path} cannot be locked: it was locked and replaced by others {Tries} times.");
    }

    /// <summary>Takes a write lock on the whole of an open file, without waiting.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="command"><c>F_SETLK</c>, or <c>F_OFD_SETLK</c> for a lock of the open file and not of the process.</param>
    /// <param name="path">For the error sentence.</param>
    /// <returns>False when somebody else has it.</returns>
    /// <exception cref="LinuxException">The file system has no locks.</exception>
    internal static bool TryLock(SafeHandle handle, int command, string path)
    {
        var request = new Libc.flock { l_type = Libc.F_WRLCK };
        if (Libc.fcntl_lock((int)handle.DangerousGetHandle(), command, ref request) == 0)
            return true;
        var error = Marshal.GetLastPInvokeError();
        return error is Libc.EAGAIN or Libc.EACCES
            ? false
            : throw new LinuxException(error, $"{path} cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    /// <summary>Who holds a write lock on the file. Only who may write to it can; a read lock, which every reader may take, is not seen.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The process; null when nobody does or the file is missing. A lock of the calling process itself is not seen.</returns>
    public static int? Holder(string path) => Look(path, Writer);

    /// <summary>
    /// Whether another process, also one of another pid namespace, holds a write lock on the file. So rpm and dpkg mark that they are at work; rpm's
    /// file may be read, and so locked for reading, by every user.
    /// </summary>
    /// <param name="path">The file; a missing one is not locked.</param>
    public static bool HasWriter(string path) => Look(path, handle => Conflict(handle, Libc.F_RDLCK) is not null);

    /// <summary>Whether another process holds any lock on the file: for files that root alone may read.</summary>
    /// <param name="path">The file; a missing one is not locked.</param>
    public static bool IsInUse(string path) => Look(path, handle => Conflict(handle, Libc.F_WRLCK) is not null);

    /// <summary>Gives the lock back, and the file's name, so that who has it open waits for a lock that means nothing any more.</summary>
    public void Dispose()
    {
        if (!_handle.IsClosed && HasName(_handle, _path))
            File.Delete(_path);
        _handle.Dispose();
    }

    private static int? Writer(SafeHandle handle) => Conflict(handle, Libc.F_RDLCK) is { l_pid: > 0 } writer ? writer.l_pid : null;

    /// <summary>The lock that is in the way of another; its process is 0 or less when it is not to be seen from here.</summary>
    private static Libc.flock? Conflict(SafeHandle handle, short type)
    {
        var request = new Libc.flock { l_type = type };
        return Libc.fcntl_lock((int)handle.DangerousGetHandle(), Libc.F_GETLK, ref request) == 0 && request.l_type != Libc.F_UNLCK ? request : null;
    }

    private static T? Look<T>(string path, Func<SafeHandle, T?> look)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
            return default;
        using var handle = Libc.Own(fd);
        return look(handle);
    }

    private static bool HasName(SafeHandle handle, string path) =>
        FileIdentity.Of(handle) is { } file && FileIdentity.Of(path) is { } named && file.IsSameFile(named);
}
