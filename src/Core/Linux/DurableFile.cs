using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>Files whose content must survive a power cut.</summary>
public static unsafe class DurableFile
{
    /// <summary>Opens a file for appending and makes its directory entry durable.</summary>
    /// <param name="path">The file; created with mode 0600 when it is missing.</param>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static SafeHandle OpenAppend(string path)
    {
        var handle = Libc.Own(Libc.Check(
            Libc.open(path, Libc.O_WRONLY | Libc.O_APPEND | Libc.O_CREAT | Libc.O_CLOEXEC, 0x180), $"{path} cannot be opened"));
        SyncDirectory(Path.GetDirectoryName(path)!);
        return handle;
    }

    /// <summary>
    /// Takes the file for this process and whoever inherits the descriptor from it: a lock on the open file (<c>F_OFD_SETLK</c>),
    /// which goes with the last of them. Not <c>flock(2)</c>, which .NET itself takes whenever it opens a file.
    /// </summary>
    /// <param name="handle">From <see cref="OpenAppend"/>.</param>
    /// <param name="path">For the error sentence.</param>
    /// <returns>False when another process has it.</returns>
    /// <exception cref="LinuxException">The file system has no locks.</exception>
    public static bool TryLock(SafeHandle handle, string path)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return FileLock.TryLock(handle, Libc.F_OFD_SETLK, path);
    }

    /// <summary>Takes over a descriptor that this process was started with; its own children do not get it.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="path">For the error sentence.</param>
    /// <exception cref="LinuxException">There is no such descriptor.</exception>
    public static SafeHandle Inherited(int number, string path)
    {
        _ = Libc.Check(Libc.fcntl(number, Libc.F_SETFD, Libc.FD_CLOEXEC), $"{path} was not handed to this process");
        return Libc.Own(number);
    }

    /// <summary>Appends and waits until it is on the disk.</summary>
    /// <param name="handle">From <see cref="OpenAppend"/>.</param>
    /// <param name="content">The bytes, in one write.</param>
    /// <param name="path">For the error sentence.</param>
    /// <exception cref="LinuxException">It could not be written whole, or the disk refused.</exception>
    public static void Append(SafeHandle handle, ReadOnlySpan<byte> content, string path)
    {
        ArgumentNullException.ThrowIfNull(handle);
        var fd = (int)handle.DangerousGetHandle();
        fixed (byte* bytes = content)
        {
            var written = Libc.write(fd, bytes, content.Length);
            if (written != content.Length)
            {
                var error = written < 0 ? Marshal.GetLastPInvokeError() : 28;
                throw new LinuxException(error, $"{path} cannot be written: {Marshal.GetPInvokeErrorMessage(error)}.");
            }
        }

        _ = Libc.Check(Libc.fsync(fd), $"{path} cannot be made durable");
    }

    /// <summary>Has the file system keep room for a file, so that what is appended to it later does not meet a full disk.</summary>
    /// <param name="handle">From <see cref="OpenAppend"/>.</param>
    /// <param name="bytes">How much, from the file's beginning.</param>
    /// <param name="path">For the error sentence.</param>
    /// <exception cref="LinuxException">The disk is full.</exception>
    public static void Reserve(SafeHandle handle, long bytes, string path)
    {
        ArgumentNullException.ThrowIfNull(handle);
        if (Libc.fallocate((int)handle.DangerousGetHandle(), Libc.FALLOC_FL_KEEP_SIZE, 0, bytes) == 0)
            return;
        var error = Marshal.GetLastPInvokeError();
        // A file system that cannot promise room cannot be made to; each write tells then.
        if (error != Libc.EOPNOTSUPP)
            throw new LinuxException(error, $"There is no room for {path}: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    /// <summary>Gives back the room that was kept and not used.</summary>
    /// <param name="handle">From <see cref="OpenAppend"/>.</param>
    public static void Trim(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        using var file = new SafeFileHandle(handle.DangerousGetHandle(), ownsHandle: false);
        _ = Libc.ftruncate((int)handle.DangerousGetHandle(), RandomAccess.GetLength(file));
    }

    /// <summary>Takes all content away.</summary>
    /// <param name="handle">From <see cref="OpenAppend"/>.</param>
    /// <param name="path">For the error sentence.</param>
    /// <exception cref="LinuxException">The disk refused.</exception>
    public static void Empty(SafeHandle handle, string path)
    {
        ArgumentNullException.ThrowIfNull(handle);
        var fd = (int)handle.DangerousGetHandle();
        _ = Libc.Check(Libc.ftruncate(fd, 0), $"{path} cannot be emptied");
        _ = Libc.Check(Libc.fsync(fd), $"{path} cannot be made durable");
    }

    /// <summary>Makes the entries of a directory durable.</summary>
    /// <param name="path">The directory.</param>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static void SyncDirectory(string path)
    {
        using var directory = Libc.Own(Libc.Check(
            Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0), $"The directory {path} cannot be opened"));
        _ = Libc.fsync((int)directory.DangerousGetHandle());
    }

    /// <summary>Gives an open file to its owner.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="user">The owner's number.</param>
    /// <param name="group">The group's.</param>
    /// <param name="path">For the error sentence.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Give(SafeHandle handle, uint user, uint group, string path)
    {
        ArgumentNullException.ThrowIfNull(handle);
        _ = Libc.Check(Libc.fchown((int)handle.DangerousGetHandle(), user, group), $"{path} cannot be given to its owner");
    }

    /// <summary>Puts one path in the place of another in one step (<c>rename(2)</c>).</summary>
    /// <param name="from">What is moved.</param>
    /// <param name="to">What it replaces.</param>
    /// <exception cref="LinuxException">The kernel refused; nothing has changed.</exception>
    public static void Replace(string from, string to) => _ = Libc.Check(Libc.rename(from, to), $"{from} cannot be renamed to {to}");
}
