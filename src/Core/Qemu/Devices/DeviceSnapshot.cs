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

    /// <summary>
    /// Reads all of it: about 15 commands and one to nine per virtio device. They do not wait for each other: with every one a reply has to
    /// come through busy processors, and a guest under load would make fifty such waits in a row a quarter of a second.
    /// </summary>
    /// <exception cref="QmpException">QEMU refused a command.</exception>
    /// <exception cref="QmpProtocolException">No usable answer came.</exception>
    internal static async Task<DeviceSnapshot> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        var machine = MachineAsync(qmp, cancellationToken);
        var version = qmp.QueryVersionAsync(cancellationToken);
        var tree = qmp.HumanMonitorCommandAsync("info qtree", cancellationToken);
        var peripherals = ChildrenAsync(qmp, "/machine/peripheral", cancellationToken);
        var blocks = qmp.HumanMonitorCommandAsync("info ramblock", cancellationToken);
        var memory = qmp.QueryMemdevAsync(cancellationToken);
        var objects = ChildrenAsync(qmp, "/objects", cancellationToken);
        var virtio = VirtioSnapshot.ReadAsync(qmp, cancellationToken);
        var cpu = CpuSnapshot.ReadAsync(qmp, cancellationToken);
        var threads = qmp.QueryIothreadsAsync(cancellationToken);
        var nodes = qmp.QueryNamedBlockNodesAsync(cancellationToken);
        var disks = qmp.QueryBlockAsync(cancellationToken);
        var chardevs = qmp.QueryChardevAsync(cancellationToken);
        await Task.WhenAll(machine, version, tree, peripherals, blocks, memory, objects, virtio, cpu, threads, nodes, disks, chardevs).ConfigureAwait(false);
        return new DeviceSnapshot
        {
            Version = await version.ConfigureAwait(false),
            Machine = await machine.ConfigureAwait(false),
            Devices = DeviceTree.Parse(await tree.ConfigureAwait(false)),
            Peripherals = await peripherals.ConfigureAwait(false),
            RamBlocks = RamBlock.Parse(await blocks.ConfigureAwait(false)),
            Memory = await memory.ConfigureAwait(false),
            MemoryTypes = await objects.ConfigureAwait(false),
            Virtio = await virtio.ConfigureAwait(false),
            Cpu = await cpu.ConfigureAwait(false),
            IoThreads = [.. (await threads.ConfigureAwait(false)).Select(t => t.Id)],
            Nodes = await nodes.ConfigureAwait(false),
            Disks = await disks.ConfigureAwait(false),
            Chardevs = await chardevs.ConfigureAwait(false),
        };
    }

    private static async Task<string> MachineAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var machine = new QmpReply(await qmp.QomGetAsync("/machine", "type", cancellationToken).ConfigureAwait(false), qmp.Peer, "qom-get type").Text();
        return machine.EndsWith("-machine", StringComparison.Ordinal) ? machine[..^"-machine".Length] : machine;
    }

    private static async Task<IReadOnlyDictionary<string, string>> ChildrenAsync(IQmpChannel qmp, string path, CancellationToken cancellationToken) =>
        (await qmp.QomListAsync(path, cancellationToken).ConfigureAwait(false))
            .Where(p => p.ChildType is not null).DistinctBy(p => p.Name).ToDictionary(p => p.Name, p => p.ChildType!, StringComparer.Ordinal);
}
