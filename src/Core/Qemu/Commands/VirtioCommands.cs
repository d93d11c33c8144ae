using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>Size of one virtqueue in entries.</summary>
/// <param name="Number">Which queue.</param>
/// <param name="Default">What the device offers (<c>vring-num-default</c>): the largest it can load.</param>
internal sealed record Virtqueue(int Number, long Default);

/// <summary>The state of virtio devices; experimental in QMP, hence the x-. For QEMUs without a guest only. <c>x-query-virtio-status</c> is not here: it ends QEMU 11.1.3.</summary>
internal static class VirtioCommands
{
    /// <summary>
    /// QOM paths of virtio parts of devices (<c>x-query-virtio</c>); empty when this QEMU does not know it (before 7.2). A VM without virtio devices is
    /// an error to newer ones.
    /// </summary>
    internal static async Task<IReadOnlyList<string>> QueryVirtioAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        try
        {
            return await qmp.ListAsync("x-query-virtio", null, d => d["path"].Text(), cancellationToken).ConfigureAwait(false);
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
        return new Virtqueue(queue, reply["vring-num-default"].Number());
    }
}
