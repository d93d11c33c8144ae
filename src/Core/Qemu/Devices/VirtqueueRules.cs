using System.Globalization;

namespace VirtHandover.Qemu;

/// <summary>
/// Queues that a target would refuse to load ("VQ n vring.num 1024 exceeds allocated max 256"): Debian's QEMU 10.0.13 made all of
/// them 1024 entries long, and others do not take that. How many a guest uses cannot be asked of a running QEMU safely; guests use
/// what is offered, and what the old QEMU offers its program tells when it is started without the guest.
/// </summary>
internal static class VirtqueueRules
{
    /// <summary>The queues that are longer in the old QEMU than in the new one.</summary>
    /// <param name="old">The old QEMU's program; it has the late devices, on no network.</param>
    /// <param name="twin">The target; it has not.</param>
    /// <param name="late">Their ids.</param>
    internal static IEnumerable<Difference> Find(TwinSnapshot old, TwinSnapshot twin, IReadOnlySet<string> late)
    {
        var twins = twin.Virtio.DistinctBy(v => v.Device).ToDictionary(v => v.Device, StringComparer.Ordinal);
        var largest = twin.Virtio.SelectMany(v => v.Queues).Select(q => q.Default).DefaultIfEmpty(0).Max();
        foreach (var device in old.Virtio)
        {
            if (twins.TryGetValue(device.Device, out var other))
            {
                foreach (var queue in device.Queues)
                {
                    if (other.Queues.FirstOrDefault(q => q.Number == queue.Number) is { } same && queue.Default > same.Default)
                        yield return TooLong(device.Device, queue, same.Default);
                }
            }
            else if (late.Contains(device.Device) && OfLateNic(old, device, largest) is { } tooLong)
            {
                yield return tooLong;
            }
        }
    }

    // A late device cannot be asked yet; its own properties tell how long its queues will be, or what else the twin offers.
    private static Difference? OfLateNic(TwinSnapshot old, VirtioSnapshot nic, long largest)
    {
        var properties = old.Devices.FirstOrDefault(d => d.Id == nic.Device)?.Properties;
        foreach (var queue in nic.Queues)
        {
            var most = Length(properties, queue.Number % 2 == 0 ? "virtio-net-device/rx_queue_size" : "virtio-net-device/tx_queue_size");
            if (queue.Default > most && queue.Default > largest)
                return TooLong(nic.Device, queue, most);
        }

        return null;
    }

    private static Difference TooLong(string device, Virtqueue queue, long most) => new(
        "VQ_SIZE",
        string.Create(
            CultureInfo.InvariantCulture,
            $"The running QEMU offers the guest {queue.Default} entries in queue {queue.Number} of '{device}', and the new one takes at most {most}."));

    // "rx_queue_size = 256 (0x100)"
    private static long Length(IReadOnlyDictionary<string, string>? properties, string name) =>
        properties is not null && properties.TryGetValue(name, out var text)
            && long.TryParse(text.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : 256;
}
