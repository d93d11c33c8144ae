namespace VirtHandover.Qemu;

/// <summary>A memory backend (<c>query-memdev</c>).</summary>
/// <param name="Id">Its id; null for the one that <c>-m</c> made by itself before QEMU 5.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Share">True when other processes can map the same memory.</param>
/// <param name="HostNodes">The host's NUMA nodes it is bound to.</param>
internal sealed record MemoryBackend(string? Id, long Size, bool Share, IReadOnlyList<int> HostNodes);

/// <summary>A pluggable memory device (<c>query-memory-devices</c>).</summary>
/// <param name="Type"><c>dimm</c>, <c>nvdimm</c>, <c>virtio-mem</c>, <c>virtio-pmem</c>, <c>sgx-epc</c>.</param>
/// <param name="Id">Its id; may be empty.</param>
/// <param name="Memdev">The QOM path of its backend.</param>
internal sealed record MemoryDevice(string Type, string Id, string Memdev);

/// <summary>Guest memory.</summary>
internal static class MemoryCommands
{
    /// <summary><c>query-memdev</c>.</summary>
    internal static async Task<IReadOnlyList<MemoryBackend>> QueryMemdevAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync(
            "query-memdev",
            null,
            m => new MemoryBackend(m.Find("id")?.Text(), m["size"].Natural(), m.Find("share")?.Flag() ?? false, m["host-nodes"].Each(n => n.Small())),
            cancellationToken).ConfigureAwait(false);

    /// <summary><c>query-memory-devices</c>.</summary>
    internal static async Task<IReadOnlyList<MemoryDevice>> QueryMemoryDevicesAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync(
            "query-memory-devices",
            null,
            m => new MemoryDevice(m["type"].Text(), m["data"].Find("id")?.Text() ?? "", m["data"].Find("memdev")?.Text() ?? ""),
            cancellationToken).ConfigureAwait(false);
}
