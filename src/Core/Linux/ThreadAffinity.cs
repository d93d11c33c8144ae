using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>The CPUs on which one thread may run.</summary>
/// <param name="Mask">One bit a CPU, as <c>sched_getaffinity(2)</c> gives it.</param>
public sealed unsafe record ThreadAffinity(ReadOnlyMemory<byte> Mask)
{
    private const int Bytes = 1024;

    /// <summary>Reads a thread's.</summary>
    /// <param name="thread">The thread.</param>
    /// <exception cref="LinuxException">It has ended.</exception>
    public static ThreadAffinity Of(HeldThread thread)
    {
        ArgumentNullException.ThrowIfNull(thread);
        ThreadAffinity? affinity = null;
        thread.Do(id => affinity = Of(id));
        return affinity!;
    }

    private static ThreadAffinity Of(int thread)
    {
        var mask = new byte[Bytes];
        fixed (byte* bytes = mask)
            _ = Libc.Check(Libc.sched_getaffinity(thread, Bytes, bytes), $"The CPUs of thread {thread} cannot be read");
        // Whole words, as the kernel wants them; the rest is zero.
        var words = (mask.AsSpan().LastIndexOfAnyExcept((byte)0) / sizeof(long)) + 1;
        return new ThreadAffinity(mask.AsMemory(0, words * sizeof(long)));
    }

    /// <summary>Gives them to a thread.</summary>
    /// <param name="thread">The thread.</param>
    /// <exception cref="LinuxException">It has ended, or its cpuset allows none of them.</exception>
    public void ApplyTo(HeldThread thread)
    {
        ArgumentNullException.ThrowIfNull(thread);
        thread.Do(Set);
    }

    private void Set(int thread)
    {
        fixed (byte* bytes = Mask.Span)
            _ = Libc.Check(Libc.sched_setaffinity(thread, Mask.Length, bytes), $"The CPUs of thread {thread} cannot be set");
    }
}
