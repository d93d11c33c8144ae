using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>The CPUs on which one thread may run.</summary>
public static unsafe class ThreadAffinity
{
    private const int Bytes = 1024;

    /// <summary>Gives a thread the CPUs of another.</summary>
    /// <param name="from">The thread to copy from.</param>
    /// <param name="to">The thread to change.</param>
    /// <exception cref="LinuxException">One of them has ended.</exception>
    public static void Copy(int from, int to)
    {
        var mask = stackalloc byte[Bytes];
        _ = Libc.Check(Libc.sched_getaffinity(from, Bytes, mask), $"The CPUs of thread {from} cannot be read");
        _ = Libc.Check(Libc.sched_setaffinity(to, Bytes, mask), $"The CPUs of thread {to} cannot be set");
    }
}
