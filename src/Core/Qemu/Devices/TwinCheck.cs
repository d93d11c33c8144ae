using System.Globalization;

namespace VirtHandover.Qemu;

/// <summary>
/// Compares a source with its twin before the guest is touched: whatever QEMU would notice only while loading, or never. Pure.
/// </summary>
internal static class TwinCheck
{
    /// <summary>What differs and must not; empty when the twin is one.</summary>
    /// <param name="source">The running QEMU, as far as it was asked.</param>
    /// <param name="old">The running QEMU's program, started a second time without its guest; null when it could not be.</param>
    /// <param name="twin">The target, stopped, without the network devices in <paramref name="late"/>.</param>
    /// <param name="late">The network devices that come while the guest is paused.</param>
    internal static IReadOnlyList<Difference> Compare(DeviceSnapshot source, TwinSnapshot? old, TwinSnapshot twin, IReadOnlyList<LateNic> late)
    {
        var lateIds = late.Select(n => n.DeviceId).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. Same("The source is a", old?.Machine ?? source.Machine, twin.Machine),
            .. Peripherals(source, twin.Common, lateIds),
            .. Cpu(source.Cpu, twin.Common.Cpu),
            .. Sets("QOM_DIFF", "the I/O thread", source.IoThreads, twin.Common.IoThreads),
            .. Sets("DRIFT_BLOCK", "the block node", Named(source.Nodes), Named(twin.Common.Nodes)),
            .. Files(source, twin.Common),
            .. Sets("QOM_DIFF", "the character device", Labels(source.Chardevs), Labels(twin.Common.Chardevs)),
            .. Sets("RAMBLOCK_DIFF", "the memory backend", source.Memory.Select(m => m.Id ?? ""), twin.Common.Memory.Select(m => m.Id ?? "")),
            .. old is null ? [] : Twins(old, twin, lateIds, late),
        ];
    }

    // What a running QEMU is not asked: its program tells it without a guest.
    private static IEnumerable<Difference> Twins(TwinSnapshot old, TwinSnapshot twin, HashSet<string> lateIds, IReadOnlyList<LateNic> late) =>
    [
        .. Same("The CPU in the source is a", old.CpuType, twin.CpuType),
        .. Properties(old, twin, lateIds),
        .. RamBlocks(old, twin, late),
        .. VirtqueueRules.Find(old, twin, lateIds),
    ];

    private static IEnumerable<Difference> Same(string what, string source, string twin)
    {
        if (source != twin)
            yield return new Difference("QOM_DIFF", $"{what} {source} and its twin a {twin}.");
    }

    private static IEnumerable<Difference> Peripherals(DeviceSnapshot source, DeviceSnapshot twin, HashSet<string> late)
    {
        foreach (var (id, type) in source.Peripherals.Where(p => !late.Contains(p.Key)))
        {
            if (!twin.Peripherals.TryGetValue(id, out var other))
                yield return new Difference("QOM_DIFF", $"The twin lacks the device '{id}' ({type}).");
            else if (other != type)
                yield return new Difference("QOM_DIFF", $"The device '{id}' is a {type} in the source and a {other} in its twin.");
        }

        foreach (var (id, type) in twin.Peripherals.Where(p => !source.Peripherals.ContainsKey(p.Key) || late.Contains(p.Key)))
            yield return new Difference("QOM_DIFF", $"The twin has the device '{id}' ({type}), which {(late.Contains(id) ? "must come only while the guest is paused" : "the source lacks")}.");
    }

    private static IEnumerable<Difference> Properties(TwinSnapshot source, TwinSnapshot twin, HashSet<string> late)
    {
        // A pxb and the bridge that it brings have one id.
        var twins = twin.Devices.GroupBy(d => (d.Id, d.Type)).ToDictionary(group => group.Key, group => new Queue<TreeDevice>(group));
        foreach (var device in source.Devices.Where(d => !late.Contains(d.Id)))
        {
            if (!twins.TryGetValue((device.Id, device.Type), out var others) || !others.TryDequeue(out var other))
                continue;

            // Properties come and go with versions; where both have one, its value must be the same.
            foreach (var (name, value) in device.Properties)
            {
                if (other.Properties.TryGetValue(name, out var otherValue) && otherValue != value && !ExpectedDifferences.Allows(device.Type, name, value, otherValue))
                    yield return new Difference("QOM_DIFF", $"The device '{device.Id}' has {name} = {value} in the source and {otherValue} in its twin.");
            }
        }
    }

    private static IEnumerable<Difference> RamBlocks(TwinSnapshot source, TwinSnapshot twin, IReadOnlyList<LateNic> late)
    {
        var twins = twin.RamBlocks.DistinctBy(b => b.Name).ToDictionary(b => b.Name, StringComparer.Ordinal);

        // A late device's option ROM comes with it.
        var roms = late.Select(n => $"/{source.Common.Peripherals.GetValueOrDefault(n.DeviceId) ?? n.Device["driver"]?.GetValue<string>()}.rom").ToList();
        foreach (var block in source.RamBlocks)
        {
            if (twins.Remove(block.Name, out var other))
            {
                if (other.Total != block.Total)
                    yield return new Difference(
                        RomCheck.IsRom(block) ? "ROM_SIZE" : "RAMBLOCK_DIFF",
                        string.Create(CultureInfo.InvariantCulture, $"The memory block '{block.Name}' has {block.Total} bytes in the source and {other.Total} in its twin."));
            }
            else if (!roms.Remove(roms.Find(rom => block.Name.EndsWith(rom, StringComparison.Ordinal)) ?? ""))
            {
                yield return new Difference("RAMBLOCK_DIFF", $"The twin lacks the memory block '{block.Name}'.");
            }
        }

        foreach (var name in twins.Keys)
            yield return new Difference("RAMBLOCK_DIFF", $"The twin has the memory block '{name}', which the source lacks.");
    }

    private static IEnumerable<Difference> Cpu(CpuSnapshot source, CpuSnapshot twin)
    {
        if (source.Count != twin.Count)
            yield return new Difference("QOM_DIFF", string.Create(CultureInfo.InvariantCulture, $"The source has {source.Count} vCPUs and its twin {twin.Count}."));
        var words = source.Words.Concat(twin.Words).Select(w => w.Name).Distinct(StringComparer.Ordinal);
        foreach (var name in source.Words.Count > 0 && twin.Words.Count > 0 ? words : [])
        {
            var (had, has) = (Bits(source, name), Bits(twin, name));
            var expected = ExpectedDifferences.CpuBits.GetValueOrDefault(name);
            if ((had & ~has & ~expected) is var less and not 0)
                yield return new Difference("CPU_LESS", string.Create(CultureInfo.InvariantCulture, $"The twin's CPU lacks features of CPUID {name}: 0x{less:x8}."));
            if ((has & ~had & ~expected) is var more and not 0)
                yield return new Difference("CPU_MORE", string.Create(CultureInfo.InvariantCulture, $"The twin's CPU has more features of CPUID {name}: 0x{more:x8}."));
        }
    }

    private static uint Bits(CpuSnapshot cpu, string name) => cpu.Words.FirstOrDefault(w => w.Name == name)?.Bits ?? 0;

    private static IEnumerable<Difference> Files(DeviceSnapshot source, DeviceSnapshot twin)
    {
        var twins = twin.Nodes.DistinctBy(n => n.NodeName).ToDictionary(n => n.NodeName, StringComparer.Ordinal);
        foreach (var node in source.Nodes)
        {
            if (!twins.TryGetValue(node.NodeName, out var other))
                continue;
            if ((other.Driver, other.File) != (node.Driver, node.File))
                yield return new Difference("DRIFT_BLOCK", $"The block node '{node.NodeName}' is {node.Driver} on {node.File} in the source and {other.Driver} on {other.File} in its twin.");
            if (IsPath(node.BackingFile) && IsPath(other.BackingFile) && node.BackingFile != other.BackingFile)
            {
                yield return new Difference(
                    "DRIFT_BLOCK", $"The block node '{node.NodeName}' stands on {node.BackingFile ?? "nothing"} in the source and on {other.BackingFile ?? "nothing"} in its twin.");
            }
        }
    }

    // Versions write a name with options in different forms.
    private static bool IsPath(string? file) => file is null || file.StartsWith('/');

    private static IEnumerable<string> Named(IReadOnlyList<BlockNode> nodes) =>
        nodes.Select(n => n.NodeName).Where(name => !name.StartsWith("#block", StringComparison.Ordinal));

    private static IEnumerable<string> Labels(IReadOnlyList<Chardev> chardevs) =>
        chardevs.Select(c => c.Label).Where(label => !ExpectedDifferences.IsOwnChardev(label));

    private static IEnumerable<Difference> Sets(string code, string what, IEnumerable<string> source, IEnumerable<string> twin)
    {
        var (ours, theirs) = (source.ToHashSet(StringComparer.Ordinal), twin.ToHashSet(StringComparer.Ordinal));
        foreach (var name in ours.Except(theirs))
            yield return new Difference(code, $"The twin lacks {what} '{name}'.");
        foreach (var name in theirs.Except(ours))
            yield return new Difference(code, $"The twin has {what} '{name}', which the source lacks.");
    }
}
