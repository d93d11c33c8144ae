using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>
/// One queue of a tap with several. A guest uses as many as it likes: QEMU detaches the others, to which the kernel then gives no frames.
/// A queue is an open file, so whatever one process does to it is done to all that have it.
/// </summary>
public static unsafe class TapQueue
{
    private const ulong TUNGETIFF = 0x800454d2;
    private const ulong TUNSETQUEUE = 0x400454d9;
    private const short IFF_ATTACH_QUEUE = 0x0200;
    private const short IFF_DETACH_QUEUE = 0x0400;

    /// <summary>True when the kernel gives it frames; always so for the only queue of a tap.</summary>
    /// <param name="queue">The queue.</param>
    /// <exception cref="LinuxException">It is no tap's.</exception>
    public static bool IsAttached(SafeHandle queue) => (Flags(queue) & IFF_DETACH_QUEUE) == 0;

    /// <summary>Attaches a queue that is detached.</summary>
    /// <param name="queue">The queue.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Attach(SafeHandle queue)
    {
        if (!IsAttached(queue))
            Set(queue, IFF_ATTACH_QUEUE, "attached");
    }

    /// <summary>Detaches a queue that is attached.</summary>
    /// <param name="queue">The queue.</param>
    /// <exception cref="LinuxException">The kernel refused; the only queue of a tap cannot be detached.</exception>
    public static void Detach(SafeHandle queue)
    {
        if (IsAttached(queue))
            Set(queue, IFF_DETACH_QUEUE, "detached");
    }

    /// <summary>True while frames wait in it to be read.</summary>
    /// <param name="queue">The queue.</param>
    public static bool HasFrames(SafeHandle queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        var poll = new Libc.pollfd { fd = (int)queue.DangerousGetHandle(), events = Libc.POLLIN };
        return Libc.poll(&poll, 1, 0) > 0 && (poll.revents & Libc.POLLIN) != 0;
    }

    private static short Flags(SafeHandle queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        var request = stackalloc byte[40];
        _ = Libc.Check(Libc.ioctl((int)queue.DangerousGetHandle(), TUNGETIFF, request), "The flags of a tap's queue cannot be read");
        return *(short*)(request + 16);
    }

    private static void Set(SafeHandle queue, short flags, string what)
    {
        var request = stackalloc byte[40];
        new Span<byte>(request, 40).Clear();
        *(short*)(request + 16) = flags;
        _ = Libc.Check(Libc.ioctl((int)queue.DangerousGetHandle(), TUNSETQUEUE, request), $"A queue of a tap cannot be {what}");
    }
}
