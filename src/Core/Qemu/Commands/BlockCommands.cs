using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>A disk as the guest sees it (<c>query-block</c>).</summary>
/// <param name="Qdev">The device's id or QOM path; empty when no device uses it.</param>
/// <param name="NodeName">The node the device reads from; null when the drive is empty.</param>
internal sealed record BlockDevice(string Qdev, string? NodeName)
{
    /// <summary>The id of the device: <see cref="Qdev"/> without its place in the object tree.</summary>
    internal string DeviceId =>
        Qdev.StartsWith("/machine/peripheral/", StringComparison.Ordinal) ? Qdev["/machine/peripheral/".Length..].Split('/')[0] : Qdev;
}

/// <summary>A dirty bitmap of a node.</summary>
internal sealed record DirtyBitmap(string Name, bool IsPersistent);

/// <summary>A node of the block graph (<c>query-named-block-nodes</c>).</summary>
/// <param name="NodeName">Its name; QEMU's own start with <c>#block</c>.</param>
/// <param name="Driver">For example <c>qcow2</c>, <c>file</c>, <c>nbd</c>.</param>
/// <param name="File">The image as QEMU names it.</param>
/// <param name="IsReadOnly">True when the guest cannot write.</param>
/// <param name="Bitmaps">Its dirty bitmaps.</param>
internal sealed record BlockNode(string NodeName, string Driver, string File, bool IsReadOnly, IReadOnlyList<DirtyBitmap> Bitmaps)
{
    /// <summary>False when QEMU never flushes it (<c>cache=unsafe</c>).</summary>
    internal bool IsFlushed { get; init; } = true;

    /// <summary>The file of the image that it stands on, as QEMU names it; null when it stands on none.</summary>
    internal string? BackingFile { get; init; }
}

/// <summary>Disks and the block graph.</summary>
internal static class BlockCommands
{
    /// <summary><c>query-block</c>.</summary>
    internal static async Task<IReadOnlyList<BlockDevice>> QueryBlockAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync("query-block", null, ReadDevice, cancellationToken).ConfigureAwait(false);

    /// <summary><c>query-named-block-nodes</c> with <c>flat</c>: a long backing chain would otherwise repeat itself at each level.</summary>
    internal static async Task<IReadOnlyList<BlockNode>> QueryNamedBlockNodesAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }, ReadNode, cancellationToken).ConfigureAwait(false);

    private static BlockDevice ReadDevice(QmpReply device)
    {
        var inserted = device.Find("inserted");
        return new BlockDevice(
            device.Find("qdev")?.Text() ?? "",
            inserted?.Find("node-name")?.Text());
    }

    private static BlockNode ReadNode(QmpReply node) => new(
        node.Find("node-name")?.Text() ?? "",
        node["drv"].Text(),
        node["file"].Text(),
        node["ro"].Flag(),
        node.Find("dirty-bitmaps")?.Each(b => new DirtyBitmap(b.Find("name")?.Text() ?? "", b.Find("persistent")?.Flag() ?? false)) ?? [])
    {
        IsFlushed = node.Find("cache")?.Find("no-flush")?.Flag() != true,
        BackingFile = node.Find("backing_file")?.Text(),
    };
}
