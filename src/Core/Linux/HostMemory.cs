using System.Globalization;

namespace VirtHandover.Linux;

/// <summary>The host's memory, see proc_meminfo(5).</summary>
public static class HostMemory
{
    /// <summary>What can be had without swapping (<c>MemAvailable</c>), in bytes; 0 where the kernel does not tell.</summary>
    public static long AvailableBytes
    {
        get
        {
            foreach (var line in File.ReadAllText("/proc/meminfo").Split('\n'))
            {
                if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
                    return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
            }

            return 0;
        }
    }
}
