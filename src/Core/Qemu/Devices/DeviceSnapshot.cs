namespace VirtHandover.Qemu;

/// <summary>What a running QEMU is made of, as far as a running one is asked (<see cref="SourceCommands"/>).</summary>
internal sealed record DeviceSnapshot
{
    /// <summary>Its version.</summary>
    public required QmpGreeting Version { get; init; }

    /// <summary>The machine type as its command line names it, for example <c>pc-q35-7.2</c>; libvirt never writes an alias. Empty when there is none.</summary>
    public required string Machine { get; init; }

    /// <summary>What <c>/machine/peripheral</c> holds: id and type of everything that <c>-device</c> or <c>device_add</c> made.</summary>
    public required IReadOnlyDictionary<string, string> Peripherals { get; init; }

    /// <summary>Its memory backends, see <see cref="MemoryBackends"/>.</summary>
    public required IReadOnlyList<MemoryBackend> Memory { get; init; }

    /// <summary>The QOM type of each object, by id, for example <c>memory-backend-memfd</c>.</summary>
    public required IReadOnlyDictionary<string, string> MemoryTypes { get; init; }

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
    /// Reads all of it: ten commands that do not wait for each other. With every one a reply has to come through busy processors, and a guest
    /// under load would make many such waits in a row a quarter of a second.
    /// </summary>
    /// <param name="qmp">Its monitor.</param>
    /// <param name="line">The command line that it stands for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpException">QEMU refused a command.</exception>
    /// <exception cref="QmpProtocolException">No usable answer came.</exception>
    internal static async Task<DeviceSnapshot> ReadAsync(IQmpChannel qmp, CommandLine line, CancellationToken cancellationToken = default)
    {
        var version = qmp.QueryVersionAsync(cancellationToken);
        var peripherals = ChildrenAsync(qmp, "/machine/peripheral", cancellationToken);
        var objects = ChildrenAsync(qmp, "/objects", cancellationToken);
        var cpu = CpuSnapshot.ReadAsync(qmp, cancellationToken);
        var threads = qmp.QueryIothreadsAsync(cancellationToken);
        var nodes = qmp.QueryNamedBlockNodesAsync(cancellationToken);
        var disks = qmp.QueryBlockAsync(cancellationToken);
        var chardevs = qmp.QueryChardevAsync(cancellationToken);
        await Task.WhenAll(version, peripherals, objects, cpu, threads, nodes, disks, chardevs).ConfigureAwait(false);
        var types = await objects.ConfigureAwait(false);
        return new DeviceSnapshot
        {
            Version = await version.ConfigureAwait(false),
            Machine = MachineOf(line),
            Peripherals = await peripherals.ConfigureAwait(false),
            Memory = MemoryBackends.Of(line, types),
            MemoryTypes = types,
            Cpu = await cpu.ConfigureAwait(false),
            IoThreads = [.. (await threads.ConfigureAwait(false)).Select(t => t.Id)],
            Nodes = await nodes.ConfigureAwait(false),
            Disks = await disks.ConfigureAwait(false),
            Chardevs = await chardevs.ConfigureAwait(false),
        };
    }

    private static string MachineOf(CommandLine line)
    {
        try
        {
            return line.Options.LastOrDefault(option => option.Name is "machine" or "M")?.Value.Implied("type") ?? "";
        }
        catch (CommandLineException)
        {
            // The preflight refuses an option that cannot be read.
            return "";
        }
    }

    private static async Task<IReadOnlyDictionary<string, string>> ChildrenAsync(IQmpChannel qmp, string path, CancellationToken cancellationToken) =>
        (await qmp.QomListAsync(path, cancellationToken).ConfigureAwait(false))
            .Where(p => p.ChildType is not null).DistinctBy(p => p.Name).ToDictionary(p => p.Name, p => p.ChildType!, StringComparer.Ordinal);
}
