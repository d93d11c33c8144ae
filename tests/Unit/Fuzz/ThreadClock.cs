using System.Runtime.InteropServices;

namespace VirtHandover.Tests.Unit.Fuzz;

/// <summary>How long the calling thread has had a processor: on a busy machine it waits for one longer than a parser may take.</summary>
internal static partial class ThreadClock
{
    // CLOCK_THREAD_CPUTIME_ID of linux/time.h.
    private const int ThreadProcessorTime = 3;

    public static TimeSpan Now =>
        clock_gettime(ThreadProcessorTime, out Time time) == 0
            ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000)
            : throw new InvalidOperationException("The kernel does not say how long this thread has run.");

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Time time);

    private readonly struct Time
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
