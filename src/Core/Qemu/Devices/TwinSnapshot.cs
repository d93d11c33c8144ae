namespace VirtHandover.Qemu;

/// <summary>
/// All that a QEMU without a guest is made of: the target, or the old QEMU started a second time. It may be asked anything, for nothing is lost with it;
/// a running one may not (<see cref="SourceCommands"/>).
/// </summary>
internal sealed record TwinSnapshot
{
    /// <summary>What a running one tells, too.</summary>
    public required DeviceSnapshot Common { get; init; }

    /// <summary>The machine type, resolved, for example <c>pc-q35-7.2</c>.</summary>
    public required string Machine { get; init; }

    /// <summary>The type of its first processor; empty when there is none.</summary>
    public required string CpuType { get; init; }

    /// <summary>Its devices with an id, and their properties.</summary>
    public required IReadOnlyList<TreeDevice> Devices { get; init; }

    /// <summary>Its blocks of memory.</summary>
    public required IReadOnlyList<RamBlock> RamBlocks { get; init; }

    /// <summary>Its virtio devices; empty before QEMU 7.2.</summary>
    public required IReadOnlyList<VirtioSnapshot> Virtio { get; init; }

    /// <summary>Reads all of it.</summary>
    /// <param name="qmp">Its monitor.</param>
    /// <param name="line">The command line that it was started with.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpException">QEMU refused a command.</exception>
    /// <exception cref="QmpProtocolException">No usable answer came; a question that ends it among the causes.</exception>
    internal static async Task<TwinSnapshot> ReadAsync(IQmpChannel qmp, CommandLine line, CancellationToken cancellationToken = default)
    {
        var common = DeviceSnapshot.ReadAsync(qmp, line, cancellationToken);
        var machine = TypeAsync(qmp, "/machine", cancellationToken);
        var tree = qmp.HumanMonitorCommandAsync("info qtree", cancellationToken);
        var blocks = qmp.HumanMonitorCommandAsync("info ramblock", cancellationToken);
        var virtio = VirtioSnapshot.ReadAsync(qmp, cancellationToken);
        var cpu = CpuTypeAsync(qmp, cancellationToken);
        await Task.WhenAll(common, machine, tree, blocks, virtio, cpu).ConfigureAwait(false);
        var type = await machine.ConfigureAwait(false);
        return new TwinSnapshot
        {
            Common = await common.ConfigureAwait(false),
            Machine = type.EndsWith("-machine", StringComparison.Ordinal) ? type[..^"-machine".Length] : type,
            CpuType = await cpu.ConfigureAwait(false),
            Devices = DeviceTree.Parse(await tree.ConfigureAwait(false)),
            RamBlocks = RamBlock.Parse(await blocks.ConfigureAwait(false)),
            Virtio = await virtio.ConfigureAwait(false),
        };
    }

    private static async Task<string> CpuTypeAsync(IQmpChannel qmp, CancellationToken cancellationToken) =>
        await qmp.QueryCpusFastAsync(cancellationToken).ConfigureAwait(false) is [var first, ..]
            ? await TypeAsync(qmp, first.QomPath, cancellationToken).ConfigureAwait(false)
            : "";

    private static async Task<string> TypeAsync(IQmpChannel qmp, string path, CancellationToken cancellationToken) =>
        new QmpReply(await qmp.QomGetAsync(path, "type", cancellationToken).ConfigureAwait(false), qmp.Peer, "qom-get type").Text();
}
