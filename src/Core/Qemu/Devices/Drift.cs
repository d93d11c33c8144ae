namespace VirtHandover.Qemu;

/// <summary>
/// Compares a logical command line with what QEMU is made of now. Hot-plug, snapshots and changed media are not on the command line;
/// starting a twin from a stale one after a snapshot would open the old base image for writing. Pure.
/// </summary>
internal static class Drift
{
    /// <summary>What differs; empty when the command line still describes the QEMU.</summary>
    internal static IReadOnlyList<Difference> Find(CommandLine line, DeviceSnapshot live) =>
    [
        .. Hotplug("device", line.All("device").Select(o => o.Id).OfType<string>(), live.Peripherals.Keys),
        .. Hotplug("I/O thread", line.All("object").Where(o => o.Kind == "iothread").Select(o => o.Id).OfType<string>(), live.IoThreads),
        .. Hotplug(
            "character device",
            line.All("chardev").Select(o => o.Id).OfType<string>(),
            live.Chardevs.Select(c => c.Label).Where(label => !ExpectedDifferences.IsOwnChardev(label))),
        .. Memory(line, live),
        .. Types(line, live),
        .. Nodes(line, live),
        .. Disks(line, live),
    ];

    private static IEnumerable<Difference> Hotplug(string what, IEnumerable<string> written, IEnumerable<string> running)
    {
        var (before, now) = (written.ToHashSet(StringComparer.Ordinal), running.ToHashSet(StringComparer.Ordinal));
        foreach (var id in now.Except(before))
            yield return new Difference("DRIFT_HOTPLUG", $"The {what} '{id}' was plugged while the VM ran.");
        foreach (var id in before.Except(now))
            yield return new Difference("DRIFT_HOTPLUG", $"The {what} '{id}' was unplugged while the VM ran.");
    }

    private static IEnumerable<Difference> Memory(CommandLine line, DeviceSnapshot live)
    {
        var written = line.Options.Where(RamOptions.IsBackend).Select(o => o.Id).OfType<string>().ToList();

        // A plain -m makes one backend that is not written.
        var running = live.Memory.Select(m => m.Id ?? "").ToList();
        return written.Count == 0 && running.Count == 1 ? [] : Hotplug("memory backend", written, running);
    }

    private static IEnumerable<Difference> Types(CommandLine line, DeviceSnapshot live)
    {
        foreach (var option in line.All("device"))
        {
            if (option.Id is { } id && option.Kind is { } driver && live.Peripherals.TryGetValue(id, out var type) && !DeviceAlias.Names(driver, type))
                yield return new Difference("DRIFT_HOTPLUG", $"The device '{id}' was started as a {driver} and is a {type} now.");
        }
    }

    private static IEnumerable<Difference> Nodes(CommandLine line, DeviceSnapshot live)
    {
        var written = line.All("blockdev").Where(o => o.Id is not null).DistinctBy(o => o.Id).ToDictionary(o => o.Id!, StringComparer.Ordinal);
        var running = live.Nodes.Where(n => !n.NodeName.StartsWith("#block", StringComparison.Ordinal)).DistinctBy(n => n.NodeName).ToList();
        foreach (var node in running)
        {
            if (!written.Remove(node.NodeName, out var option))
                yield return new Difference("DRIFT_BLOCK", $"The block node '{node.NodeName}' ({node.File}) came while the VM ran: a snapshot, a commit, a changed medium or a plugged disk.");
            else if (option.Value.Text("filename") is { } file && option.Kind is "file" or "host_device" && option.Value.Text("filename") != node.File && !option.Value.Text("filename")!.StartsWith("/dev/fdset/", StringComparison.Ordinal))
                yield return new Difference("DRIFT_BLOCK", $"The block node '{node.NodeName}' was started on {file} and is on {node.File} now.");
        }

        foreach (var id in written.Keys)
            yield return new Difference("DRIFT_BLOCK", $"The block node '{id}' of the command line is gone: a snapshot was merged, a medium changed or a disk unplugged.");
    }

    private static IEnumerable<Difference> Disks(CommandLine line, DeviceSnapshot live)
    {
        foreach (var disk in live.Disks.Where(d => d.DeviceId.Length > 0))
        {
            if (line.Find("device", disk.DeviceId)?.Value.Text("drive") is { } drive && drive != disk.NodeName)
                yield return new Difference("DRIFT_BLOCK", $"The disk '{disk.DeviceId}' was started on the block node '{drive}' and is on '{disk.NodeName ?? "none"}' now.");
        }
    }
}
