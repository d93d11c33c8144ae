using System.Numerics;
using System.Text.Json;

namespace VirtHandover.Qemu;

/// <summary>A virtio device's queues and the features it offers.</summary>
/// <param name="Device">The id of the device, or its place in the object tree.</param>
/// <param name="Name">For example <c>virtio-net</c>.</param>
/// <param name="Features">What the host offers, by name.</param>
/// <param name="UnknownFeatures">Offered bits that this QEMU has no name for.</param>
/// <param name="Queues">The first queues.</param>
internal sealed record VirtioSnapshot(
    string Device, string Name, IReadOnlySet<string> Features, ulong UnknownFeatures, IReadOnlyList<Virtqueue> Queues)
{
    // The queues of one device beyond these repeat the sizes of the ones before; virtio-serial has 64.
    private const int QueuesRead = 8;

    /// <summary>Reads all of them; empty when QEMU is older than 7.2.</summary>
    internal static async Task<IReadOnlyList<VirtioSnapshot>> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var devices = await qmp.QueryVirtioAsync(cancellationToken).ConfigureAwait(false);
        return await Task.WhenAll(devices.Select(device => ReadAsync(qmp, device, cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>How many bits are offered beyond the named ones.</summary>
    internal int UnknownCount => BitOperations.PopCount(UnknownFeatures);

    private static async Task<VirtioSnapshot> ReadAsync(IQmpChannel qmp, VirtioDevice device, CancellationToken cancellationToken)
    {
        var status = await qmp.QueryVirtioStatusAsync(device.Path, cancellationToken).ConfigureAwait(false);
        var queues = await Task.WhenAll(Enumerable.Range(0, Math.Min(status.Queues, QueuesRead))
            .Select(queue => QueueAsync(qmp, device, queue, cancellationToken))).ConfigureAwait(false);
        return new VirtioSnapshot(
            Id(device.Path), device.Name, Names(status.HostFeatures), Unknown(status.HostFeatures), [.. queues.OfType<Virtqueue>()]);
    }

    private static async Task<Virtqueue?> QueueAsync(IQmpChannel qmp, VirtioDevice device, int queue, CancellationToken cancellationToken)
    {
        try
        {
            return await qmp.QueryVirtqueueAsync(device.Path, queue, cancellationToken).ConfigureAwait(false);
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

    // "VIRTIO_F_RING_RESET: Driver can reset a queue individually": the explanation is free to change.
    private static HashSet<string> Names(JsonElement features)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in Members(features).Where(list => list.ValueKind == JsonValueKind.Array))
        {
            foreach (var item in list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String))
                names.Add(item.GetString()!.Split(':')[0]);
        }

        return names;
    }

    private static ulong Unknown(JsonElement features) =>
        features.ValueKind == JsonValueKind.Object && features.TryGetProperty("unknown-dev-features", out var bits) && bits.ValueKind == JsonValueKind.Number
            && bits.TryGetUInt64(out var value)
            ? value
            : 0;

    private static IEnumerable<JsonElement> Members(JsonElement features) =>
        features.ValueKind == JsonValueKind.Object ? features.EnumerateObject().Select(member => member.Value) : [];
}
