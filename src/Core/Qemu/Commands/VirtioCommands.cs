using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>A virtio device (<c>x-query-virtio</c>, QEMU ≥ 7.2).</summary>
/// <param name="Path">QOM path of its virtio part.</param>
/// <param name="Name">For example <c>virtio-net</c>.</param>
internal sealed record VirtioDevice(string Path, string Name);

/// <summary>Size of one virtqueue in entries.</summary>
/// <param name="Number">Which queue.</param>
/// <param name="Size">What the guest's driver set (<c>vring-num</c>); 0 when the queue is not used.</param>
/// <param name="Default">What the device offers (<c>vring-num-default</c>): the largest it can load.</param>
internal sealed record Virtqueue(int Number, long Size, long Default);

/// <summary>The state of virtio devices; experimental in QMP, hence the x-. For QEMUs without a guest only. <c>x-query-virtio-status</c> is not here: it ends QEMU 11.1.3.</summary>
internal static class VirtioCommands
{
    /// <summary><c>x-query-virtio</c>; empty when this QEMU does not know it (before 7.2). A VM without virtio devices is an error to newer ones.</summary>
    internal static async Task<IReadOnlyList<VirtioDevice>> QueryVirtioAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        try
        {
            return await qmp.ListAsync("x-query-virtio", null, d => new VirtioDevice(d["path"].Text(), d["name"].Text()), cancellationToken).ConfigureAwait(false);
        }
        catch (QmpException e) when (e.IsUnknownCommand || e.Description.StartsWith("No virtio devices found", StringComparison.Ordinal))
        {
            return [];
        }
    }

    /// <summary><c>x-query-virtio-queue-status</c>.</summary>
    internal static async Task<Virtqueue> QueryVirtqueueAsync(this IQmpChannel qmp, string path, int queue, CancellationToken cancellationToken = default)
    {
        var reply = await qmp.AskAsync("x-query-virtio-queue-status", new JsonObject { ["path"] = path, ["queue"] = queue }, cancellationToken).ConfigureAwait(false);
        return new Virtqueue(queue, reply["vring-num"].Number(), reply["vring-num-default"].Number());
    }
}
