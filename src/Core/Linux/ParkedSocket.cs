using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// A socket of another process that is to listen on a port which somebody else still has. Until then it listens on a port of the kernel's choice on the
/// loopback address, and a filter drops every packet that comes for it, so that nobody can connect.
/// </summary>
/// <param name="Number">Its number in that process.</param>
/// <param name="Inode">The socket's own number, which no other has.</param>
/// <param name="Meaning">Which it is, for sentences: <c>SPICE</c>.</param>
/// <param name="Address">The IP address on which it is to listen.</param>
/// <param name="Port">The port.</param>
public sealed record ParkedSocket(int Number, ulong Inode, string Meaning, string Address, int Port)
{
    private const int Backlog = 128;

    private IPEndPoint Place => new(IPAddress.Parse(Address), Port);

    /// <summary>Where it is to listen, for sentences.</summary>
    internal string Where => ListenAddress.Text(Place);

    /// <summary>Parks a socket that its process is about to bind.</summary>
    /// <param name="process">The process.</param>
    /// <param name="number">The socket's number there.</param>
    /// <param name="place">Where it is to listen one day.</param>
    /// <param name="meaning">Which it is.</param>
    /// <exception cref="LinuxException">It is no TCP socket of that family, or the kernel refused.</exception>
    internal static ParkedSocket Park(ProcessHandle process, int number, IPEndPoint place, string meaning)
    {
        using var socket = process.DuplicateDescriptor(number);
        var family = place.AddressFamily == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET;
        if (Option(socket, Libc.SO_DOMAIN) != family || Option(socket, Libc.SO_TYPE) != Libc.SOCK_STREAM || Option(socket, Libc.SO_PROTOCOL) != Libc.IPPROTO_TCP
            || FileIdentity.Of(socket) is not { } file)
        {
            throw new LinuxException(0, $"What was to listen for {meaning} on {ListenAddress.Text(place)} is no TCP socket.");
        }

        // The end of its listening wakes its process, which accepts; by then it may listen again, and SPICE, whose socket blocks, would wait there for
        // the next client, and the guest with it.
        UnixSockets.NeverBlock(socket);
        Filter(socket);
        BindIdle(socket, place.AddressFamily);
        return new ParkedSocket(number, file.Inode, meaning, place.Address.ToString(), place.Port);
    }

    /// <summary>Has it listen where it is to; whoever had the port must have ended. Done before: nothing.</summary>
    /// <param name="process">Its process.</param>
    /// <exception cref="LinuxException">It is not there any more, or somebody else has the port; nobody can connect to it, as before.</exception>
    internal void Open(ProcessHandle process)
    {
        using var socket = process.DuplicateDescriptor(Number);
        if (FileIdentity.Of(socket) is not { } file || file.Inode != Inode)
            throw new LinuxException(0, $"The new QEMU no longer has the socket for {Meaning} on {Where}.");
        if (PlaceOf(socket) is { } now && now.Port == Port && now.Address.Equals(Place.Address) && Option(socket, Libc.SO_ACCEPTCONN) == 1)
        {
            // Where the one before died between the two.
            Unfilter(socket);
            return;
        }

        var fd = Fd(socket);
        _ = Libc.Check(Libc.shutdown(fd, Libc.SHUT_RDWR), $"The socket for {Meaning} cannot be brought to listen elsewhere");
        try
        {
            Set(socket, Libc.SO_REUSEADDR, 1);
            Bind(socket, Place);
            Unfilter(socket);
            Listen(socket);
        }
        catch (LinuxException)
        {
            // One that does not listen would keep its process busy: its end is told again and again.
            Filter(socket);
            BindIdle(socket, Place.AddressFamily);
            throw;
        }
    }

    private static void BindIdle(SafeFileHandle socket, AddressFamily family)
    {
        Bind(socket, new IPEndPoint(family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0));
        Listen(socket);
    }

    private static unsafe void Bind(SafeFileHandle socket, IPEndPoint place)
    {
        var bytes = ListenAddress.Write(place);
        fixed (byte* address = bytes)
            _ = Libc.Check(Libc.bind_any(Fd(socket), address, bytes.Length), $"A socket cannot be bound to {ListenAddress.Text(place)}");
    }

    private static void Listen(SafeFileHandle socket) => _ = Libc.Check(Libc.listen(Fd(socket), Backlog), "A socket cannot listen");

    // Drops all that comes for it: a caller waits, and is told nothing.
    private static unsafe void Filter(SafeFileHandle socket)
    {
        // One instruction, BPF_RET: of each packet, zero bytes are kept.
        ulong drop = 0x06;
        var program = new Libc.sock_fprog { len = 1, filter = &drop };
        _ = Libc.Check(
            Libc.setsockopt(Fd(socket), Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, &program, sizeof(Libc.sock_fprog)), "A socket cannot be kept from being connected to");
    }

    private static unsafe void Unfilter(SafeFileHandle socket)
    {
        var nothing = 0;
        if (Libc.setsockopt(Fd(socket), Libc.SOL_SOCKET, Libc.SO_DETACH_FILTER, &nothing, sizeof(int)) < 0 && Marshal.GetLastPInvokeError() != Libc.ENOENT)
            _ = Libc.Check(-1, "A socket's filter cannot be taken away");
    }

    private static unsafe void Set(SafeFileHandle socket, int option, int value) =>
        _ = Libc.Check(Libc.setsockopt(Fd(socket), Libc.SOL_SOCKET, option, &value, sizeof(int)), "An option of a socket cannot be set");

    private static unsafe int Option(SafeFileHandle socket, int option)
    {
        int value;
        var length = sizeof(int);
        return Libc.getsockopt(Fd(socket), Libc.SOL_SOCKET, option, &value, &length) < 0 ? -1 : value;
    }

    private static unsafe IPEndPoint? PlaceOf(SafeFileHandle socket)
    {
        var bytes = stackalloc byte[ListenAddress.Longest];
        var length = ListenAddress.Longest;
        return Libc.getsockname_any(Fd(socket), bytes, &length) < 0 ? null : ListenAddress.Read(new ReadOnlySpan<byte>(bytes, Math.Min(length, ListenAddress.Longest)));
    }

    private static int Fd(SafeFileHandle socket) => (int)socket.DangerousGetHandle();
}
