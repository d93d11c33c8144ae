namespace VirtHandover.Qemu;

/// <summary>What may differ between a source and its twin, and why. Everything else may not.</summary>
internal static class ExpectedDifferences
{
    /// <summary>Properties of devices whose printed value says nothing about the machine the guest sees.</summary>
    internal static IReadOnlyDictionary<string, string> Properties { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["rombar"] = "its default is printed as 1 until QEMU 9.1 and as -1 (automatic) since; the bar itself is compared as a RAM block",
        ["busnr"] = "the guest's firmware numbers the buses, and the twin's firmware has not run",
        ["hotplugged"] = "devices that were plugged into the source are on the twin's command line",
        ["netdev"] = "network devices arrive late, under the same name",
        ["failover_pair_id"] = "empty text and no text are printed alike",
        ["iothread-vq-mapping"] = "null where it is known, missing where it is not",
    };

    /// <summary>CPUID bits that newer QEMUs count into the feature words and older ones add when the guest asks.</summary>
    internal static IReadOnlyDictionary<string, uint> CpuBits { get; } = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        // HTT: more than one thread in the package. CMP_LEGACY: the same for AMD. 7.2 derives both from -smp in cpu_x86_cpuid().
        ["1:EDX"] = 1u << 28,
        ["80000001:ECX"] = 1u << 1,
    };

    /// <summary>Character devices that are not part of the machine.</summary>
    /// <param name="label">Its id.</param>
    internal static bool IsOwnChardev(string label) =>
        label.StartsWith("compat_monitor", StringComparison.Ordinal) || label.StartsWith("vhandover", StringComparison.Ordinal);
}
