using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>The CPUs on which one thread may run.</summary>
public sealed unsafe class ThreadAffinity
{
    private const int Bytes = 1024;
    private readonly byte[] _mask;

    private ThreadAffinity(byte[] mask) => _mask = mask;

    /// <summary>Reads a thread's.</summary>
    /// <param name="thread">The thread.</param>
    /// <exception cref="LinuxException">It has ended.</exception>
    public static ThreadAffinity Of(int thread)
    {
        var mask = new byte[Bytes];
        fixed (byte* bytes = mask)
            _ = Libc.Check(Libc.sched_getaffinity(thread, Bytes, bytes), $"The CPUs of thread {thread} cannot be read");
        return new ThreadAffinity(mask);
    }

    /// <summary>Gives them to a thread.</summary>
    /// <param name="thread">The thread.</param>
    /// <exception cref="LinuxException">It has ended, or its cpuset allows none of them.</exception>
    public void ApplyTo(int thread)
    {
        fixed (byte* bytes = _mask)
            _ = Libc.Check(Libc.sched_setaffinity(thread, Bytes, bytes), $"The CPUs of thread {thread} cannot be set");
    }
}
