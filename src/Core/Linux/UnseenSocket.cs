using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace VirtHandover.Linux;

/// <summary>
/// A socket for a process of ours to listen on, which nobody but this can connect to: its name is gone before it listens. Not one of the kernel's
/// abstract names, which every user may read in <c>/proc/net/unix</c> and connect to.
/// </summary>
public sealed class UnseenSocket : IDisposable
{
    private readonly SafeHandle _place;

    private UnseenSocket(SafeHandle socket, SafeHandle place)
    {
        Socket = socket;
        _place = place;
    }

    /// <summary>The socket; whoever has a copy of it may listen.</summary>
    public SafeHandle Socket { get; }

    /// <summary>Whether somebody listens on it.</summary>
    public bool IsListening => UnixSockets.ListeningPath(Socket) is not null;

    /// <summary>Makes it.</summary>
    /// <param name="directory">A private directory, in which its name is for a moment.</param>
    /// <param name="name">The name; it stands in what a program says of the socket.</param>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    public static UnseenSocket Make(HeldDirectory directory, string name)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var socket = directory.BindUnseen(name, out var place);
        return new UnseenSocket(socket, place);
    }

    /// <summary>A socket that listens already, and that nobody can connect to: for a program that is to have one and no clients.</summary>
    /// <param name="directory">A private directory, in which its name is for a moment.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    internal static SafeHandle Listen(HeldDirectory directory, string name)
    {
        var socket = directory.BindUnseen(name, out var place);
        place.Dispose();
        UnixSockets.Listen(socket);
        return socket;
    }

    /// <summary>Connects to who listens, and lets go of the connection again.</summary>
    /// <param name="limit">How long it may take: who listens may not accept.</param>
    /// <exception cref="SocketException">Nobody listens, or its queue is full.</exception>
    public void Touch(TimeSpan limit)
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            // A full queue makes connect(2) wait; the send timeout bounds that wait.
            SendTimeout = (int)Math.Clamp(limit.TotalMilliseconds, 1, int.MaxValue),
        };
        client.Connect(new UnixDomainSocketEndPoint(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)_place.DangerousGetHandle()}")));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Socket.Dispose();
        _place.Dispose();
    }
}
