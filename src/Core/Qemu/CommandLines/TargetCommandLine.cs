using System.Globalization;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>Derives the target's command line from the source's. Pure.</summary>
internal static class TargetCommandLine
{
    /// <summary>The twin's command line: the same machine, but stopped and waiting for a stream, memory in files of ours, a monitor of ours, no VNC listener, no network yet.</summary>
    /// <param name="source">The source's logical command line.</param>
    /// <param name="plan">What else is known of it.</param>
    /// <exception cref="CommandLineException">Something on it cannot be repeated; the preflight says so before.</exception>
    internal static TargetStart Build(CommandLine source, TargetPlan plan)
    {
        source = RetiredOptions.Translate(source, plan.Options);
        var fds = new FdNumbers(source);
        var logical = WithClock(WithSharedMemory(source with { Program = plan.Program }, plan, fds), plan.RtcBase);
        var nics = Nics(logical);
        var late = nics.SelectMany(n => new[] { n.Device, n.Netdev }).ToHashSet(ReferenceEqualityComparer.Instance);
        var hub = 0;
        var line = logical.Edit(o => late.Contains(o) ? plan.IsOldTwin ? OnNoNetwork(o, ref hub) : null : o.Name switch
        {
            "vnc" => WithoutListener(o),
            // The new one listens by itself, on a socket that nobody can reach yet; of the old program's twin nobody would give it one.
            "spice" when plan.IsOldTwin => SpiceListener.Without(o),
            "incoming" or "loadvm" or "pidfile" or "mem-prealloc" => null,
            // Its memory is never touched, and locked it would be allocated: the guest's size a second time, in the VM's own cgroup.
            "overcommit" when plan.IsOldTwin => o.With(o.Value.With("mem-lock", JsonValue.Create("off"))),
            "blockdev" => WithCache(o),
            _ => o,
        });
        line = WithMonitor(line, fds);
        if (line.Last("S") is null)
            line = line.Add("-S");
        line = line.Add("-incoming", "defer");
        Inherit(line, plan, fds);
        return new TargetStart(line, fds.Mappings(), [.. nics.Select(n => LateNic.Of(n.Device, n.Netdev))], logical.Without("incoming").Without("loadvm"))
        {
            Binds = plan.IsOldTwin ? [] : [.. SpiceListener.Of(line).Where(spice => !spice.IsUnix).Select(spice => spice.Bind)],
        };
    }

    private static CommandLine WithSharedMemory(CommandLine line, TargetPlan plan, FdNumbers fds)
    {
        var result = line.Edit(o => RamOptions.IsBackend(o)
            ? RamOptions.Shared(o, fds.New(new FdOrigin.Memory(o.Id ?? throw new CommandLineException("A memory backend on QEMU's command line has no id."))))
            : o);
        var named = result.Options.Where(RamOptions.IsBackend).Select(o => o.Id).ToHashSet();
        var unnamed = plan.Memory.Where(m => !named.Contains(m.Id)).ToList();
        if (unnamed.Count == 0)
            return result;

        // A plain -m: QEMU made one backend by itself, under the name its machine type gives.
        if (unnamed is not [{ Id.Length: > 0 } only] || named.Count > 0)
            throw new CommandLineException("QEMU has memory backends that are not on its command line: memory was plugged while it ran.");
        result = result.Without("mem-path").Without("mem-prealloc");
        var machine = result.Options.LastOrDefault(o => o.Name is "machine" or "M");
        result = machine is null
            ? result.Add("-machine", "memory-backend=" + only.Id)
            : result.Edit(o => ReferenceEquals(o, machine) ? o.With(o.Value.With("memory-backend", JsonValue.Create(only.Id)!)) : o);
        return result with { Options = result.Options.Add(RamOptions.Default(only, fds.New(new FdOrigin.Memory(only.Id)))) };
    }

    private static CommandLine WithClock(CommandLine line, string? date) => date is null
        ? line
        : line.Edit(o => o.Name == "rtc" ? o.With(o.Value.With("base", JsonValue.Create(date))) : o);

    // Every device on a tap, in order. The tap must not be opened while the source uses it.
    private static List<(CommandLineOption Device, CommandLineOption Netdev)> Nics(CommandLine line)
    {
        var taps = new Dictionary<string, CommandLineOption>(StringComparer.Ordinal);
        foreach (var tap in line.All("netdev").Where(o => o.Kind == "tap"))
        {
            if (tap.Id is not { } id || !taps.TryAdd(id, tap))
                throw new CommandLineException($"QEMU's command line has two network backends '{tap.Id}', or one without an id.");
        }

        var nics = new List<(CommandLineOption, CommandLineOption)>();
        foreach (var device in line.All("device"))
        {
            if (device.Value.Text("netdev") is { } used && taps.Remove(used, out var netdev))
                nics.Add((device, netdev));
        }

        return taps.Count == 0 ? nics : throw new CommandLineException($"The network backend '{taps.Keys.First()}' belongs to no device.");
    }

    // The port is taken as long as the source lives; authentication and audio stay, so that display-update only has to listen.
    private static CommandLineOption WithoutListener(CommandLineOption vnc)
    {
        var argument = vnc.Argument ?? "";
        var value = argument.StartsWith("vnc=", StringComparison.Ordinal) ? vnc.Value.Without("vnc") : vnc.Value;
        foreach (var key in (string[])["websocket", "reverse", "to"])
            value = value.Without(key);
        var rest = value.Render();
        var comma = argument.StartsWith("vnc=", StringComparison.Ordinal) ? 0 : rest.Replace(",,", "\0\0", StringComparison.Ordinal).IndexOf(',', StringComparison.Ordinal);
        var options = comma == 0 ? rest : comma < 0 ? "" : rest[(comma + 1)..];
        return vnc with { Argument = options.Length == 0 ? "none" : "none," + options };
    }

    // A hub of its own with nothing else on it: the device is as long as on a tap, and no frame reaches it.
    private static CommandLineOption OnNoNetwork(CommandLineOption option, ref int hub) => option.Name == "netdev"
        ? option with { Argument = string.Create(CultureInfo.InvariantCulture, $"hubport,id={option.Id!.Replace(",", ",,", StringComparison.Ordinal)},hubid={hub++}") }
        : option;

    // QEMU empties the host's cache of an image that it takes over, for the case that another host wrote it: with gigabytes of it the guest
    // stands still for long, and is slow afterwards. Both processes are on this host and see the same cache.
    private static CommandLineOption WithCache(CommandLineOption disk) => disk.Kind is "file" or "host_device" or "host_cdrom"
        ? disk.With(disk.Value.With("drop-cache", JsonValue.Create(false)))
        : disk;

    private static CommandLine WithMonitor(CommandLine line, FdNumbers fds)
    {
        var chardev = line.MonitorChardev
            ?? throw new CommandLineException("QEMU's command line has no QMP monitor on a chardev of its own, so the domain is not one of libvirt's.");
        var number = fds.Monitor(chardev);
        var text = string.Create(CultureInfo.InvariantCulture, $"socket,id={chardev.Id!.Replace(",", ",,", StringComparison.Ordinal)},fd={number},server=on,wait=off");
        return line.Edit(o => ReferenceEquals(o, chardev) ? o with { Argument = text } : o);
    }

    // What the target shares with the source under the same numbers.
    private static void Inherit(CommandLine line, TargetPlan plan, FdNumbers fds)
    {
        var members = plan.Fdsets.DistinctBy(s => s.Id).ToDictionary(s => s.Id.ToString(CultureInfo.InvariantCulture), s => s.Fds.ToList(), StringComparer.Ordinal);
        foreach (var fd in FdReference.Of(line))
        {
            switch (fd.Role)
            {
                case FdRole.Chardev or FdRole.NetworkSocket:
                    fds.Add(fd.Number, new FdOrigin.Source(fd.Number, fd.Role, fd.Owner));
                    break;
                case FdRole.Fdset:
                    var live = members.GetValueOrDefault(fd.Owner)?.FirstOrDefault(m => m.Opaque == fd.Opaque)
                        ?? throw new CommandLineException($"QEMU no longer holds the fd set {fd.Owner} ({fd.Opaque ?? "without a name"}) of its command line.");
                    members[fd.Owner].Remove(live);
                    fds.Add(fd.Number, new FdOrigin.Source(live.Fd, fd.Role, fd.Owner));
                    break;
                case FdRole.Tap or FdRole.Vhost or FdRole.VhostDevice:
                    throw new CommandLineException($"The descriptor {fd.Number} of '{fd.Owner}' cannot be shared between two QEMUs.");
            }
        }
    }
}
