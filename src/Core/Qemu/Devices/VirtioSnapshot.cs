namespace VirtHandover.Qemu;

/// <summary>A virtio device's queues. What it offers the guest stands among its properties (<see cref="TreeDevice"/>).</summary>
/// <param name="Device">The id of the device, or its place in the object tree.</param>
/// <param name="Queues">The first queues.</param>
internal sealed record VirtioSnapshot(string Device, IReadOnlyList<Virtqueue> Queues)
{
    // The queues of one device beyond these repeat the sizes of the ones before; virtio-serial has 64.
    private const int QueuesRead = 8;

    /// <summary>Reads all of them; empty when QEMU is older than 7.2.</summary>
    internal static async Task<IReadOnlyList<VirtioSnapshot>> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var devices = await qmp.QueryVirtioAsync(cancellationToken).ConfigureAwait(false);
        return await Task.WhenAll(devices.Select(device => ReadAsync(qmp, device, cancellationToken))).ConfigureAwait(false);
    }

    // Queue after queue until there is none: x-query-virtio-status, which would tell how many, ends QEMU 11.1.3.
    private static async Task<VirtioSnapshot> ReadAsync(IQmpChannel qmp, string device, CancellationToken cancellationToken)
    {
        var queues = await Task.WhenAll(Enumerable.Range(0, QueuesRead).Select(queue => QueueAsync(qmp, device, queue, cancellationToken)))
            .ConfigureAwait(false);
        return new VirtioSnapshot(Id(device), [.. queues.OfType<Virtqueue>()]);
    }

    private static async Task<Virtqueue?> QueueAsync(IQmpChannel qmp, string device, int queue, CancellationToken cancellationToken)
    {
        try
        {
            return await qmp.QueryVirtqueueAsync(device, queue, cancellationToken).ConfigureAwait(false);
        }
        catch (QmpException)
        {
            // A queue that the device has not made.
            return null;
        }
    }

    private static string Id(string path)
    {
        const string Peripheral = "/machine/peripheral/";
        return path.StartsWith(Peripheral, StringComparison.Ordinal) ? path[Peripheral.Length..].Split('/')[0] : path;
    }
}
