using System.Runtime.InteropServices;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>What the host's cache has of a file (<c>cachestat(2)</c>, Linux 6.5), in pages.</summary>
internal readonly record struct PageCache(long Cached, long Unwritten)
{
    public static unsafe PageCache Of(string path)
    {
        const long CacheStat = 451;
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        ulong* range = stackalloc ulong[2];
        ulong* counts = stackalloc ulong[5];
        Assert.True(
            syscall(CacheStat, (long)file.DangerousGetHandle(), range, counts, 0) == 0, $"cachestat(2) does not work here: {Marshal.GetLastPInvokeErrorMessage()}.");
        return new PageCache((long)counts[0], (long)(counts[1] + counts[2]));
    }

    [DllImport("libc", SetLastError = true)]
    private static extern unsafe long syscall(long number, long file, ulong* range, ulong* counts, long flags);
}
