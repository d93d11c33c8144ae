namespace VirtHandover.Linux;

/// <summary>The host's present boot.</summary>
public static class HostBoot
{
    /// <summary>A random id that the kernel draws at each boot.</summary>
    public static string Id { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
