using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>
/// A POSIX write lock on a whole file, the kind libvirt takes on its pid files. It belongs to this process and goes with
/// it; closing any other descriptor of the same file here would drop it, so nothing else may open that file.
/// </summary>
public sealed class FileLock : IDisposable
{
    private readonly SafeHandle _handle;

    private FileLock(SafeHandle handle) => _handle = handle;

    /// <summary>Takes the lock without waiting; creates the file when it is missing.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The lock; null when another process has it.</returns>
    /// <exception cref="LinuxException">The file cannot be opened.</exception>
    public static FileLock? TryTake(string path)
    {
        var handle = Libc.Own(Libc.Check(Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, 0x1a4), $"{path} cannot be opened"));
        try
        {
            if (TryLock(handle, Libc.F_SETLK, path))
                return new FileLock(handle);
        }
        catch (LinuxException)
        {
            handle.Dispose();
            throw;
        }

        handle.Dispose();
        return null;
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

    /// <summary>Who holds a write lock on the file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The process; null when nobody does or the file is missing. A lock of the calling process itself is not seen.</returns>
    public static int? Holder(string path)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
            return null;
        using var handle = Libc.Own(fd);
        var request = new Libc.flock { l_type = Libc.F_WRLCK };
        return Libc.fcntl_lock(fd, Libc.F_GETLK, ref request) == 0 && request.l_type != Libc.F_UNLCK && request.l_pid > 0 ? request.l_pid : null;
    }

    /// <summary>Gives the lock back. The file stays.</summary>
    public void Dispose() => _handle.Dispose();
}
