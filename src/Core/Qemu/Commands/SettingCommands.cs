using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>The I/O limits of one disk (<c>query-block</c>).</summary>
/// <param name="Disk">The device's id or QOM path, as <c>block_set_io_throttle</c> takes it.</param>
/// <param name="Group">The group that shares them; empty when it has none of its own.</param>
/// <param name="Values">Every limit that is not 0, by its QMP name: bytes or requests a second, seconds for <c>…_max_length</c>, bytes for <c>iops_size</c>.</param>
internal sealed record DiskLimits(string Disk, string Group, IReadOnlyDictionary<string, long> Values);

/// <summary>How an I/O thread works (<c>query-iothreads</c>).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Values">Every number that can be set, by its name as a property of the object: <c>poll-max-ns</c>, <c>thread-pool-max</c>, …</param>
internal sealed record IoThreadValues(string Id, IReadOnlyDictionary<string, long> Values);

/// <summary>What can be changed on a running QEMU and read again.</summary>
internal static class SettingCommands
{
    /// <summary>The six limits that <c>block_set_io_throttle</c> must be given.</summary>
    internal static readonly string[] BasicLimits = ["bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr"];

    private static readonly string[] AllLimits =
        [.. BasicLimits, .. BasicLimits.Select(name => name + "_max"), .. BasicLimits.Select(name => name + "_max_length"), "iops_size"];

    /// <summary><c>query-block</c>: the limits of each disk that has a medium, limited or not.</summary>
    internal static async Task<IReadOnlyList<DiskLimits>> QueryDiskLimitsAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        [.. (await qmp.ListAsync("query-block", null, ReadLimits, cancellationToken).ConfigureAwait(false)).OfType<DiskLimits>()];

    /// <summary><c>query-named-block-nodes</c>: where each node's writes raise BLOCK_WRITE_THRESHOLD, in bytes, by node; those without are left out.</summary>
    internal static async Task<IReadOnlyDictionary<string, long>> QueryWriteThresholdsAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        (await qmp.ListAsync(
            "query-named-block-nodes",
            new JsonObject { ["flat"] = true },
            node => (Name: node.Find("node-name")?.Text() ?? "", Bytes: node.Find("write_threshold")?.Number() ?? 0),
            cancellationToken).ConfigureAwait(false))
            .Where(node => node.Bytes > 0).DistinctBy(node => node.Name).ToDictionary(node => node.Name, node => node.Bytes, StringComparer.Ordinal);

    /// <summary><c>query-iothreads</c>, and <c>qom-get</c> for the two ends of a thread's pool (QEMU ≥ 7.1), which libvirt 9.0 does not always write down.</summary>
    internal static async Task<IReadOnlyList<IoThreadValues>> QueryIoThreadValuesAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await Task.WhenAll((await qmp.ListAsync("query-iothreads", null, ReadThread, cancellationToken).ConfigureAwait(false))
            .Select(thread => WithPoolAsync(qmp, thread, cancellationToken))).ConfigureAwait(false);

    /// <summary><c>query-dirty-rate</c>: true while the guest's writes are being measured; false when this QEMU cannot (before 5.2).</summary>
    internal static async Task<bool> IsMeasuringDirtyRateAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        try
        {
            return (await qmp.AskAsync("query-dirty-rate", null, cancellationToken).ConfigureAwait(false))["status"].Text() == "measuring";
        }
        catch (QmpException e) when (e.IsUnknownCommand)
        {
            return false;
        }
    }

    private static async Task<IoThreadValues> WithPoolAsync(IQmpChannel qmp, IoThreadValues thread, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, long>(thread.Values, StringComparer.Ordinal);
        foreach (var name in (string[])["thread-pool-min", "thread-pool-max"])
        {
            try
            {
                values[name] = new QmpReply(await qmp.QomGetAsync("/objects/" + thread.Id, name, cancellationToken).ConfigureAwait(false), qmp.Peer, $"qom-get {name}").Number();
            }
            catch (QmpException)
            {
                // An older QEMU has no such property.
            }
        }

        return thread with { Values = values };
    }

    private static DiskLimits? ReadLimits(QmpReply device)
    {
        if (device.Find("inserted") is not { } inserted)
            return null;
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in AllLimits)
        {
            if (inserted.Find(name) is { } limit && limit.Number() is var number and not 0)
                values[name] = number;
        }

        return new DiskLimits(device.Find("qdev")?.Text() ?? device["device"].Text(), values.Count == 0 ? "" : inserted.Find("group")?.Text() ?? "", values);
    }

    private static IoThreadValues ReadThread(QmpReply thread)
    {
        var values = thread.Numbers();
        _ = values.Remove("thread-id");
        return new IoThreadValues(thread["id"].Text(), values);
    }
}
