using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// A directory that is opened once and worked in by its descriptor. QEMU's user owns the directories of VMs, and the one above them: behind a path
/// below it anything may be at any time. Names are single ones; none is followed if it is a symbolic link.
/// </summary>
public sealed unsafe class HeldDirectory : IDisposable
{
    private const int MostLinks = 40;
    private const int MostAttempts = 16;
    private const int OwnerOnly = 0x1c0;
    private const int OthersWrite = 0x12;
    private readonly SafeFileHandle _directory;

    private HeldDirectory(SafeFileHandle directory, string path, bool isPrivate)
    {
        _directory = directory;
        Path = path;
        IsPrivate = isPrivate;
    }

    /// <summary>Where it was when it was opened; for sentences.</summary>
    public string Path { get; }

    /// <summary>Nobody but this program's user can enter it, so that nobody changes what is in it.</summary>
    public bool IsPrivate { get; }

    private int Fd => (int)_directory.DangerousGetHandle();

    /// <summary>Opens a directory. Symbolic links are followed only where root alone could have made them.</summary>
    /// <param name="path">An absolute path.</param>
    /// <exception cref="LinuxException">It does not exist, is no directory, or somebody else's link is in the way.</exception>
    public static HeldDirectory Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var rest = new Stack<string>(Parts(path));
        var at = Root();
        try
        {
            var trusted = true;
            var links = 0;
            while (rest.TryPop(out var part))
            {
                if (part == ".." && !trusted)
                    throw new LinuxException(Libc.ELOOP, $"The directory {path} cannot be opened: it leads back out of one that is not root's.");
                var next = Libc.Own(Libc.Check(
                    Libc.openat((int)at.DangerousGetHandle(), part, Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0), $"The directory {path} cannot be opened"));
                var file = FileIdentity.Of(next);
                if (file is { IsSymbolicLink: true })
                {
                    using (next)
                    {
                        if (!trusted || ++links > MostLinks)
                        {
                            throw new LinuxException(
                                Libc.ELOOP, $"The directory {path} cannot be opened: '{part}' is a symbolic link in a directory that is not root's.");
                        }

                        var target = LinkOf(next);
                        foreach (var step in Parts(target))
                            rest.Push(step);
                        if (target.StartsWith('/'))
                        {
                            at.Dispose();
                            at = Root();
                        }
                    }

                    continue;
                }

                at.Dispose();
                at = next;
                if (file is not { IsDirectory: true })
                    throw new LinuxException(Libc.ENOTDIR, $"The directory {path} cannot be opened: '{part}' is no directory.");
                trusted &= IsRootsAlone(file.Value);
            }

            return new HeldDirectory(at, path, isPrivate: false);
        }
        catch
        {
            at.Dispose();
            throw;
        }
    }

    /// <summary>What bears a name, without opening it (<c>O_PATH</c>).</summary>
    /// <param name="name">A single name.</param>
    /// <returns>A descriptor for looking at it, and for connecting to a socket; null when nothing bears the name.</returns>
    /// <exception cref="LinuxException">It cannot be looked at.</exception>
    public SafeFileHandle? Find(string name)
    {
        var fd = Libc.openat(Fd, Single(name), Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (fd >= 0)
            return Libc.Own(fd);
        return Marshal.GetLastPInvokeError() == Libc.ENOENT ? null : throw Error($"{Path}/{name} cannot be looked at");
    }

    /// <summary>What bears a name.</summary>
    /// <param name="name">A single name.</param>
    /// <returns>Null when nothing does.</returns>
    /// <exception cref="LinuxException">It cannot be looked at.</exception>
    public FileIdentity? Look(string name)
    {
        using var found = Find(name);
        return found is null ? null : FileIdentity.Of(found);
    }

    /// <summary>Opens a regular file that root alone can change.</summary>
    /// <param name="name">A single name.</param>
    /// <param name="write">For writing, and emptied; otherwise for reading.</param>
    /// <returns>The file; null when there is none.</returns>
    /// <exception cref="LinuxException">It cannot be opened, is something else, or has another name elsewhere.</exception>
    public SafeFileHandle? OpenRootsFile(string name, bool write)
    {
        var flags = (write ? Libc.O_WRONLY : Libc.O_RDONLY) | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC;
        using (var found = Find(name))
        {
            if (found is null)
                return null;
            // Before it is opened: to open a FIFO or a device does something.
            RequireRootsFile(found, name);
        }

        var file = Libc.Own(Libc.Check(Libc.openat(Fd, name, flags, 0), $"{Path}/{name} cannot be opened"));
        try
        {
            RequireRootsFile(file, name);
            if (write)
                _ = Libc.Check(Libc.ftruncate((int)file.DangerousGetHandle(), 0), $"{Path}/{name} cannot be emptied");
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a directory in it that nobody but root can enter. One of that name that is such a directory is taken; anything else goes.</summary>
    /// <param name="name">A single name.</param>
    /// <exception cref="LinuxException">It cannot be made, or what bears the name does not go.</exception>
    public HeldDirectory MakePrivate(string name)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (FindPrivate(name) is { } there)
                return there;
            if (attempt == MostAttempts)
                throw new LinuxException(Libc.EEXIST, $"The directory {Path}/{name} cannot be made: something else bears its name again and again.");
            if (Libc.mkdirat(Fd, name, OwnerOnly) == 0)
                continue;
            if (Marshal.GetLastPInvokeError() != Libc.EEXIST)
                throw Error($"The directory {Path}/{name} cannot be made");
            _ = Remove(name, isDirectory: Look(name) is { IsDirectory: true });
        }
    }

    /// <summary>Opens a directory in it that nobody but root can enter.</summary>
    /// <param name="name">A single name.</param>
    /// <returns>Null when none bears the name.</returns>
    /// <exception cref="LinuxException">It cannot be looked at.</exception>
    public HeldDirectory? FindPrivate(string name)
    {
        var found = Find(name);
        if (found is null)
            return null;
        // With the bits of group and others goes what an access list may give to single users: its mask is the group's.
        if (FileIdentity.Of(found) is { IsDirectory: true } file && file.UserId == Libc.geteuid() && (file.Mode & 0x3f) == 0)
            return new HeldDirectory(found, $"{Path}/{name}", isPrivate: true);
        found.Dispose();
        return null;
    }

    /// <summary>The names in it.</summary>
    /// <param name="most">At most so many.</param>
    public IReadOnlyList<string> Names(int most) =>
        [.. Directory.EnumerateFileSystemEntries(Entry(null)).Take(most).Select(path => System.IO.Path.GetFileName(path))];

    /// <summary>Binds a socket to a name. It does not listen: whoever calls <c>listen(2)</c> is whom its clients are told to be connected to.</summary>
    /// <param name="name">A single name, not in use.</param>
    /// <param name="mode">Its permissions, whatever the umask is.</param>
    /// <returns>The socket.</returns>
    /// <exception cref="InvalidOperationException">The directory is not private: somebody could put something in the place of the name.</exception>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    public SafeHandle Bind(string name, int mode)
    {
        if (!IsPrivate)
            throw new InvalidOperationException($"No socket is made in {Path}, which others can write.");
        var handle = UnixSockets.Create();
        try
        {
            // Not /proc/self: a QEMU that ends in order removes the path of its socket, and in its own it would be something else.
            UnixSockets.Bind(handle, string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{Fd}/{Single(name)}"));
            _ = Libc.Check(Libc.chmod(Entry(name), mode), $"The mode of the socket {Path}/{name} cannot be set");
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Binds a socket to a name that is gone at once.</summary>
    /// <param name="name">A single name.</param>
    /// <param name="place">The socket in the file system, opened with <c>O_PATH</c>: what can be connected to.</param>
    /// <returns>The socket. It does not listen.</returns>
    /// <exception cref="InvalidOperationException">The directory is not private.</exception>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    internal SafeHandle BindUnseen(string name, out SafeHandle place)
    {
        if (!IsPrivate)
            throw new InvalidOperationException($"No socket is made in {Path}, which others can write.");
        var handle = UnixSockets.Create();
        try
        {
            _ = Remove(name);
            // By a thread that no QEMU has: it removes the path of a socket that it has done with, and must find none.
            UnixSockets.Bind(handle, string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{Environment.ProcessId}/fd/{Fd}/{Single(name)}"));
            place = Find(name) ?? throw new LinuxException(0, $"The socket {Path}/{name} is gone.");
            _ = Remove(name);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Gives a file that is held another name, in this directory.</summary>
    /// <param name="file">The file; it has a name in the same file system still.</param>
    /// <param name="name">A single name, not in use.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void Link(SafeHandle file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        var held = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)file.DangerousGetHandle()}");
        _ = Libc.Check(Libc.linkat(Libc.AT_FDCWD, held, Fd, Single(name), Libc.AT_SYMLINK_FOLLOW), $"{Path}/{name} cannot be made");
    }

    /// <summary>Puts what bears a name here in the place of a name there, in one step.</summary>
    /// <param name="name">A single name.</param>
    /// <param name="to">The other directory.</param>
    /// <param name="newName">The name there; what bears it goes.</param>
    /// <exception cref="LinuxException">The kernel refused; nothing has changed.</exception>
    public void Move(string name, HeldDirectory to, string newName)
    {
        ArgumentNullException.ThrowIfNull(to);
        _ = Libc.Check(Libc.renameat(Fd, Single(name), to.Fd, Single(newName)), $"{Path}/{name} cannot be renamed to {to.Path}/{newName}");
    }

    /// <summary>Gives what bears a name to a user; a symbolic link itself, not what it leads to.</summary>
    /// <param name="name">A single name.</param>
    /// <param name="user">The user.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void Give(string name, SystemUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        _ = Libc.Check(Libc.fchownat(Fd, Single(name), user.Id, user.GroupId, Libc.AT_SYMLINK_NOFOLLOW), $"{Path}/{name} cannot be given to user {user.Id}");
    }

    /// <summary>Removes a name, not what a link leads to.</summary>
    /// <param name="name">A single name.</param>
    /// <param name="isDirectory">Whether it is an (empty) directory.</param>
    /// <returns>False when it stays.</returns>
    public bool Remove(string name, bool isDirectory = false) =>
        Libc.unlinkat(Fd, Single(name), isDirectory ? Libc.AT_REMOVEDIR : 0) == 0 || Marshal.GetLastPInvokeError() == Libc.ENOENT;

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private static SafeFileHandle Root() => Libc.Own(Libc.Check(Libc.open("/", Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0), "/ cannot be opened"));

    /// <summary>Last part first, as a stack wants them.</summary>
    private static IEnumerable<string> Parts(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse();

    private static string LinkOf(SafeFileHandle link)
    {
        const int Most = 4096;
        var buffer = stackalloc byte[Most];
        var length = Libc.readlinkat((int)link.DangerousGetHandle(), "", buffer, Most);
        return length is > 0 and < Most ? Encoding.UTF8.GetString(buffer, (int)length) : throw Error("A symbolic link cannot be read");
    }

    private static string Single(string name) => name is "" or "." or ".." || name.AsSpan().ContainsAny('/', '\0')
        ? throw new ArgumentException($"'{name}' is no single name of a file.", nameof(name))
        : name;

    private static LinuxException Error(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new LinuxException(error, $"{what}: {Marshal.GetPInvokeErrorMessage(error)}.");
    }

    // This program is root's; where a test runs it, its user is as good.
    private static bool IsRootsAlone(FileIdentity file) => (file.UserId == 0 || file.UserId == Libc.geteuid()) && (file.Mode & OthersWrite) == 0;

    private void RequireRootsFile(SafeFileHandle file, string name)
    {
        if (FileIdentity.Of(file) is not { IsRegular: true, Links: 1 } identity || !IsRootsAlone(identity))
            throw new LinuxException(Libc.EACCES, $"{Path}/{name} is not opened: it is no regular file of root's with one name.");
    }

    private string Entry(string? name) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Fd}/{(name is null ? "" : Single(name))}");
}
