namespace VirtHandover.Qemu;

/// <summary>The second names of QEMU's devices, which <c>-device</c> takes and the object tree does not show (qdev_alias_table, 2.12 to 11.1).</summary>
internal static class DeviceAlias
{
    private static readonly Dictionary<string, string> s_types = new(StringComparer.Ordinal)
    {
        ["ac97"] = "AC97",
        ["AC97"] = "ac97",
        ["e1000-82540em"] = "e1000",
        ["e1000"] = "e1000-82540em",
        ["es1370"] = "ES1370",
        ["ES1370"] = "es1370",
        ["ahci"] = "ich9-ahci",
        ["lsi"] = "lsi53c895a",
    };

    /// <summary>Whether a device that was started as <paramref name="driver"/> may show itself as <paramref name="type"/>.</summary>
    internal static bool Names(string driver, string type) => driver == type
        || s_types.GetValueOrDefault(driver) == type
        // virtio-blk is virtio-blk-pci, -ccw or, on a virtio-mmio bus, -device, whatever its kind.
        || (driver.StartsWith("virtio-", StringComparison.Ordinal) && (type == driver + "-pci" || type == driver + "-ccw" || type == driver + "-device"));
}
