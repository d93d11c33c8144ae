using System.Globalization;

namespace VirtHandover.Qemu;

/// <summary>
/// Queues that a target would refuse to load ("VQ n vring.num 1024 exceeds allocated max 256"): Debian's QEMU 10.0.13 made all of
/// them 1024 entries long, and others do not take that.
/// </summary>
internal static class VirtqueueRules
{
    internal static Difference TooLong(string device, Virtqueue queue, long most) => new(
        "VQ_SIZE",
        string.Create(CultureInfo.InvariantCulture, $"The guest uses {queue.Size} entries in queue {queue.Number} of '{device}', and the new QEMU takes at most {most}."));

    /// <summary>A late device cannot be asked yet; its own properties tell how long its queues will be.</summary>
    /// <param name="source">The source.</param>
    /// <param name="nic">The device in it.</param>
    /// <param name="largest">The longest queue that the twin offers on any device; 0 when unknown.</param>
    internal static Difference? OfLateNic(DeviceSnapshot source, VirtioSnapshot nic, long largest)
    {
        var properties = source.Devices.FirstOrDefault(d => d.Id == nic.Device)?.Properties;
        foreach (var queue in nic.Queues)
        {
            var most = Length(properties, queue.Number % 2 == 0 ? "virtio-net-device/rx_queue_size" : "virtio-net-device/tx_queue_size");
            if (queue.Size > most && queue.Size > largest)
                return TooLong(nic.Device, queue, most);
        }

        return null;
    }

    // "rx_queue_size = 256 (0x100)"
    private static long Length(IReadOnlyDictionary<string, string>? properties, string name) =>
        properties is not null && properties.TryGetValue(name, out var text)
            && long.TryParse(text.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : 256;
}
