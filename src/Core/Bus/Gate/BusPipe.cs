using System.Runtime.InteropServices;
using VirtHandover.Bus.Interop;

namespace VirtHandover.Bus.Gate;

/// <summary>One socket, read and written without waiting.</summary>
/// <param name="descriptor">The socket; it stays its owner's.</param>
internal sealed unsafe class BusPipe(int descriptor)
{
    private readonly ByteQueue _out = new();

    /// <summary>The socket.</summary>
    internal int Descriptor => descriptor;

    /// <summary>Bytes that it has not taken yet.</summary>
    internal int Unsent => _out.Count;

    /// <summary>Writes, as much as goes; the rest later.</summary>
    internal void Write(ReadOnlySpan<byte> bytes) => _out.Add(bytes);

    /// <summary>Writes what waits, as much as goes.</summary>
    /// <returns>Whether any of it went.</returns>
    /// <exception cref="BusException">The other end is gone.</exception>
    internal bool Flush()
    {
        var any = false;
        while (_out.Count > 0)
        {
            nint sent;
            fixed (byte* bytes = _out.Waiting)
                sent = Libc.send(descriptor, bytes, (nuint)_out.Count, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            if (sent < 0 && IsLater("written to"))
                return any;
            _out.Drop((int)Math.Max(0, sent));
            any |= sent > 0;
        }

        return any;
    }

    /// <summary>Reads what is there.</summary>
    /// <param name="room">Where to.</param>
    /// <returns>How much; 0: nothing is there now.</returns>
    /// <exception cref="BusException">The other end is gone.</exception>
    internal int Read(Span<byte> room)
    {
        while (true)
        {
            nint got;
            fixed (byte* bytes = room)
                got = Libc.recv(descriptor, bytes, (nuint)room.Length, Libc.MSG_DONTWAIT);
            if (got > 0)
                return (int)got;
            if (got == 0)
                throw new BusException(BusErrorNames.Disconnected, "The connection was closed at its other end.");
            if (IsLater("read from"))
                return 0;
        }
    }

    // True: the socket is full, or empty. False: it is to be tried again at once.
    private static bool IsLater(string what) => Marshal.GetLastPInvokeError() switch
    {
        Libc.EAGAIN => true,
        Libc.EINTR => false,
        _ => throw new BusException(
            BusErrorNames.Disconnected, $"The connection cannot be {what}: {Marshal.GetLastPInvokeErrorMessage()}."),
    };
}
