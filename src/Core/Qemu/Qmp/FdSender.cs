using System.Net.Sockets;
using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Qemu;

/// <summary>Sends bytes with file descriptors beside them (SCM_RIGHTS).</summary>
internal static unsafe class FdSender
{
    /// <summary>Sends what fits; the descriptors go with the first byte.</summary>
    /// <param name="socket">A connected UNIX stream socket.</param>
    /// <param name="data">At least one byte.</param>
    /// <param name="fds">At most <see cref="QmpLimits.Fds"/> descriptors; may be empty.</param>
    /// <returns>How many bytes went, or -1 when the socket's buffer is full.</returns>
    /// <exception cref="IOException">Any other failure.</exception>
    internal static int Send(SafeSocketHandle socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> fds)
    {
        // CMSG_SPACE: the head and the data, each rounded up to the size of a word.
        var space = sizeof(Libc.cmsghdr) + ((fds.Length * sizeof(int)) + sizeof(nuint) - 1) / sizeof(nuint) * sizeof(nuint);
        var control = stackalloc byte[sizeof(Libc.cmsghdr) + ((QmpLimits.Fds + 1) * sizeof(int))];
        fixed (byte* bytes = data)
        {
            var vector = new Libc.iovec { iov_base = bytes, iov_len = (nuint)data.Length };
            var message = new Libc.msghdr { msg_iov = &vector, msg_iovlen = 1 };
            if (!fds.IsEmpty)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThan(fds.Length, QmpLimits.Fds);
                *(Libc.cmsghdr*)control = new Libc.cmsghdr
                {
                    cmsg_len = (nuint)(sizeof(Libc.cmsghdr) + (fds.Length * sizeof(int))),
                    cmsg_level = Libc.SOL_SOCKET,
                    cmsg_type = Libc.SCM_RIGHTS,
                };
                fds.CopyTo(new Span<int>(control + sizeof(Libc.cmsghdr), fds.Length));
                message.msg_control = control;
                message.msg_controllen = (nuint)space;
            }

            return Send(socket, &message);
        }
    }

    private static int Send(SafeSocketHandle socket, Libc.msghdr* message)
    {
        var held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            while (true)
            {
                var sent = Libc.sendmsg((int)socket.DangerousGetHandle(), message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
                if (sent >= 0)
                    return (int)sent;
                var errno = Marshal.GetLastPInvokeError();
                if (errno == Libc.EAGAIN)
                    return -1;
                if (errno != Libc.EINTR)
                    throw new IOException(Marshal.GetPInvokeErrorMessage(errno));
            }
        }
        finally
        {
            if (held)
                socket.DangerousRelease();
        }
    }
}
