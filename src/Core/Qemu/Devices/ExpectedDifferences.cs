namespace VirtHandover.Qemu;

/// <summary>What may differ between a source and its twin, and why. Everything else may not.</summary>
internal static class ExpectedDifferences
{
    // Properties whose printed value says nothing about the machine the guest sees.
    private static readonly Dictionary<string, string> Properties = new(StringComparer.Ordinal)
    {
        ["rombar"] = "its default is printed as 1 until QEMU 9.1 and as -1 (automatic) since; the bar itself is compared as a RAM block",
        ["busnr"] = "the guest's firmware numbers the buses, and the twin's firmware has not run",
        ["hotplugged"] = "devices that were plugged into the source are on the twin's command line",
        ["netdev"] = "network devices arrive late, under the same name",
        ["failover_pair_id"] = "empty text and no text are printed alike",
        ["iothread-vq-mapping"] = "null where it is known, missing where it is not",
    };

    /// <summary>Whether two values of a property may differ.</summary>
    /// <param name="type">The device's type.</param>
    /// <param name="name">The property, behind the parts it belongs to.</param>
    /// <param name="one">One value, as QEMU prints it.</param>
    /// <param name="other">The other.</param>
    internal static bool Allows(string type, string name, string one, string other) =>
        Properties.ContainsKey(name[(name.LastIndexOf('/') + 1)..])
        // Until QEMU 8 a usb-storage writes the sizes that it has chosen back into its own properties. The disk in it, which the guest sees, is
        // compared, too.
        || (type == "usb-storage" && name is ("logical_block_size" or "physical_block_size") && (IsZero(one) || IsZero(other)));

    /// <summary>CPUID bits that newer QEMUs count into the feature words and older ones add when the guest asks.</summary>
    internal static IReadOnlyDictionary<string, uint> CpuBits { get; } = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        // HTT: more than one thread in the package. CMP_LEGACY: the same for AMD. 7.2 derives both from -smp in cpu_x86_cpuid().
        ["1:EDX"] = 1u << 28,
        ["80000001:ECX"] = 1u << 1,
    };

    // "0 (0 B)": chosen by itself.
    private static bool IsZero(string size) => size == "0" || size.StartsWith("0 ", StringComparison.Ordinal);

    /// <summary>Character devices that are not part of the machine.</summary>
    /// <param name="label">Its id.</param>
    internal static bool IsOwnChardev(string label) =>
        label.StartsWith("compat_monitor", StringComparison.Ordinal) || label.StartsWith("vhandover", StringComparison.Ordinal);
}
