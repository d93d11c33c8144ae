using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>UNIX sockets that are handed to another process.</summary>
public static unsafe class UnixSockets
{
    /// <summary>A socket without a name.</summary>
    /// <exception cref="LinuxException">No descriptors are left.</exception>
    internal static SafeHandle Create() =>
        Libc.Own(Libc.Check(Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0), "A UNIX socket cannot be created"));

    /// <summary>Gives a socket a name in the file system.</summary>
    /// <param name="handle">From <see cref="Create"/>.</param>
    /// <param name="path">At most 107 bytes; must not exist.</param>
    /// <exception cref="LinuxException">The path is too long, exists, or cannot be created.</exception>
    internal static void Bind(SafeHandle handle, string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length > 107)
            throw new LinuxException(36, $"The socket path {path} is longer than the 107 bytes a UNIX socket can have.");
        var address = new Libc.sockaddr_un { sun_family = Libc.AF_UNIX };
        for (var i = 0; i < bytes.Length; i++)
            address.sun_path[i] = bytes[i];
        _ = Libc.Check(Libc.bind((int)handle.DangerousGetHandle(), &address, 2 + bytes.Length + 1), $"The socket {path} cannot be created");
    }

    /// <summary>Lets a socket that is bound listen.</summary>
    /// <param name="handle">The socket.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal static void Listen(SafeHandle handle) => _ = Libc.Check(Libc.listen((int)handle.DangerousGetHandle(), 1), "A UNIX socket cannot listen");

    /// <summary>Creates two connected sockets.</summary>
    /// <exception cref="LinuxException">No descriptors are left.</exception>
    public static (SafeHandle One, SafeHandle Other) Pair()
    {
        var fds = stackalloc int[2];
        _ = Libc.Check(Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, fds), "A pair of sockets cannot be created");
        return (Libc.Own(fds[0]), Libc.Own(fds[1]));
    }

    /// <summary>Takes over a socket that this process was started with; its own children do not get it.</summary>
    /// <param name="number">Its number.</param>
    /// <exception cref="LinuxException">There is no such descriptor.</exception>
    public static Socket Inherited(int number)
    {
        _ = Libc.Check(Libc.fcntl(number, Libc.F_SETFD, Libc.FD_CLOEXEC), "The socket was not handed to this process");
        return new Socket(new SafeSocketHandle(number, ownsHandle: true));
    }

    /// <summary>Makes a descriptor non-blocking, for everybody who has the same open file.</summary>
    /// <param name="handle">The descriptor.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void NeverBlock(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        var fd = (int)handle.DangerousGetHandle();
        var flags = Libc.Check(Libc.fcntl(fd, Libc.F_GETFL, 0), "The flags of a socket cannot be read");
        _ = Libc.Check(Libc.fcntl(fd, Libc.F_SETFL, flags | Libc.O_NONBLOCK), "A socket cannot be made non-blocking");
    }

    /// <summary>Whether what was sent by a socket has not all been read.</summary>
    /// <param name="handle">A connected stream socket, or one that has sent datagrams.</param>
    /// <exception cref="LinuxException">The kernel does not tell.</exception>
    public static bool HasUnread(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        int bytes;
        _ = Libc.Check(Libc.ioctl((int)handle.DangerousGetHandle(), Libc.SIOCOUTQ, &bytes), "It cannot be seen what the other end of a socket has read");
        return bytes > 0;
    }

    /// <summary>The path a listening socket is bound to.</summary>
    /// <param name="handle">Any descriptor.</param>
    /// <returns>The path; null when it is no listening UNIX socket with a path.</returns>
    public static string? ListeningPath(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        var fd = (int)handle.DangerousGetHandle();
        int listening;
        var length = sizeof(int);
        return Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_ACCEPTCONN, &listening, &length) < 0 || listening == 0 ? null : NameOf(handle);
    }

    /// <summary>The path a socket was bound to, as it was given to <c>bind(2)</c>.</summary>
    /// <param name="handle">Any descriptor.</param>
    /// <returns>The path; null when it is no UNIX socket with a path.</returns>
    internal static string? NameOf(SafeHandle handle)
    {
        var fd = (int)handle.DangerousGetHandle();
        Libc.sockaddr_un address;
        var size = sizeof(Libc.sockaddr_un);
        if (Libc.getsockname(fd, &address, &size) < 0 || address.sun_family != Libc.AF_UNIX || size <= 3 || address.sun_path[0] == 0)
            return null;
        var path = new Span<byte>(address.sun_path, Math.Min(size - 2, 108));
        var end = path.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? path : path[..end]);
    }
}
