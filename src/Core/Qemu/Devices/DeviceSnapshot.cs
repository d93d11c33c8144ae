namespace VirtHandover.Qemu;

/// <summary>What a running QEMU is made of, as it says itself.</summary>
internal sealed record DeviceSnapshot
{
    /// <summary>Its version.</summary>
    public required QmpGreeting Version { get; init; }

    /// <summary>The machine type, resolved, for example <c>pc-q35-7.2</c>.</summary>
    public required string Machine { get; init; }

    /// <summary>Its devices with an id.</summary>
    public required IReadOnlyList<TreeDevice> Devices { get; init; }

    /// <summary>What <c>/machine/peripheral</c> holds: id and type of everything that <c>-device</c> or <c>device_add</c> made.</summary>
    public required IReadOnlyDictionary<string, string> Peripherals { get; init; }

    /// <summary>Its blocks of memory.</summary>
    public required IReadOnlyList<RamBlock> RamBlocks { get; init; }

    /// <summary>Its memory backends.</summary>
    public required IReadOnlyList<MemoryBackend> Memory { get; init; }

    /// <summary>The QOM type of each memory backend, by id, for example <c>memory-backend-memfd</c>.</summary>
    public required IReadOnlyDictionary<string, string> MemoryTypes { get; init; }

    /// <summary>Its virtio devices; empty before QEMU 7.2.</summary>
    public required IReadOnlyList<VirtioSnapshot> Virtio { get; init; }

    /// <summary>Its processors.</summary>
    public required CpuSnapshot Cpu { get; init; }

    /// <summary>Its I/O threads.</summary>
    public required IReadOnlyList<string> IoThreads { get; init; }

    /// <summary>Its block nodes.</summary>
    public required IReadOnlyList<BlockNode> Nodes { get; init; }

    /// <summary>Its disks.</summary>
    public required IReadOnlyList<BlockDevice> Disks { get; init; }

    /// <summary>Its character devices.</summary>
    public required IReadOnlyList<Chardev> Chardevs { get; init; }

    /// <summary>Reads all of it: about 15 round trips and one to three per virtio device.</summary>
    /// <exception cref="QmpException">QEMU refused a command.</exception>
    /// <exception cref="QmpProtocolException">No usable answer came.</exception>
    internal static async Task<DeviceSnapshot> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        var machine = new QmpReply(await qmp.QomGetAsync("/machine", "type", cancellationToken).ConfigureAwait(false), qmp.Peer, "qom-get type").Text();
        return new DeviceSnapshot
        {
            Version = await qmp.QueryVersionAsync(cancellationToken).ConfigureAwait(false),
            Machine = machine.EndsWith("-machine", StringComparison.Ordinal) ? machine[..^"-machine".Length] : machine,
            Devices = DeviceTree.Parse(await qmp.HumanMonitorCommandAsync("info qtree", cancellationToken).ConfigureAwait(false)),
            Peripherals = await ChildrenAsync(qmp, "/machine/peripheral", cancellationToken).ConfigureAwait(false),
            RamBlocks = RamBlock.Parse(await qmp.HumanMonitorCommandAsync("info ramblock", cancellationToken).ConfigureAwait(false)),
            Memory = await qmp.QueryMemdevAsync(cancellationToken).ConfigureAwait(false),
            MemoryTypes = await ChildrenAsync(qmp, "/objects", cancellationToken).ConfigureAwait(false),
            Virtio = await VirtioSnapshot.ReadAsync(qmp, cancellationToken).ConfigureAwait(false),
            Cpu = await CpuSnapshot.ReadAsync(qmp, cancellationToken).ConfigureAwait(false),
            IoThreads = [.. (await qmp.QueryIothreadsAsync(cancellationToken).ConfigureAwait(false)).Select(t => t.Id)],
            Nodes = await qmp.QueryNamedBlockNodesAsync(cancellationToken).ConfigureAwait(false),
            Disks = await qmp.QueryBlockAsync(cancellationToken).ConfigureAwait(false),
            Chardevs = await qmp.QueryChardevAsync(cancellationToken).ConfigureAwait(false),
        };
    }

    private static async Task<IReadOnlyDictionary<string, string>> ChildrenAsync(IQmpChannel qmp, string path, CancellationToken cancellationToken) =>
        (await qmp.QomListAsync(path, cancellationToken).ConfigureAwait(false))
            .Where(p => p.ChildType is not null).DistinctBy(p => p.Name).ToDictionary(p => p.Name, p => p.ChildType!, StringComparer.Ordinal);
}
