using System.Globalization;

namespace VirtHandover.Linux;

/// <summary>The host's present boot.</summary>
public static class HostBoot
{
    /// <summary>A random id that the kernel draws at each boot.</summary>
    public static string Id { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>When something happened that procfs counts in clock ticks since the boot, by the clock as it is set now.</summary>
    /// <param name="ticks">Hundredths of a second (USER_HZ).</param>
    /// <param name="clock">The host's clock.</param>
    public static DateTimeOffset TimeOf(ulong ticks, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        return clock.GetUtcNow() - TimeSpan.FromSeconds(uptime) + TimeSpan.FromSeconds(ticks / 100.0);
    }
}
