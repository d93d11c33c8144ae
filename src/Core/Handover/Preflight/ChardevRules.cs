using VirtHandover.Contract;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>Consoles and channels: a descriptor or a pseudo terminal is carried, a path or port that one process holds is not.</summary>
internal static class ChardevRules
{
    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        var monitor = facts.Line.MonitorChardev?.Id;
        foreach (var chardev in facts.Live.Devices.Chardevs.Where(c => c.Pty is not null))
            yield return FindingCodes.Pty.Says($"The console '{chardev.Label}' leaves {chardev.Pty}.");
        foreach (var option in facts.Line.All("chardev").Where(o => o.Id != monitor))
        {
            if (Problem(option) is { } problem)
                yield return FindingCodes.Chardev.Says($"The character device '{option.Id}' {problem}.");
        }

        foreach (var option in facts.Line.Options.Where(o => o.Name is "serial" or "parallel" or "monitor" or "qmp" or "qmp-pretty" or "gdb" or "debugcon" && o.Argument != "none"))
            yield return FindingCodes.Chardev.Says($"The option '{option.Token} {option.Argument}' makes a character device of its own.");
        if (facts.Line.Last("s") is not null)
            yield return FindingCodes.Chardev.Says("The option '-s' opens a port for a debugger.");
        foreach (var fd in facts.Line.All("add-fd"))
        {
            if (!facts.Live.Fdsets.Any(s => fd.Value.Text("set") == s.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) && s.Fds.Any(m => m.Opaque == fd.Value.Text("opaque"))))
                yield return FindingCodes.FdsetLost.Says($"The descriptor '{fd.Value.Text("opaque")}' of the set {fd.Value.Text("set")} is gone.");
        }
    }

    private static string? Problem(CommandLineOption option)
    {
        var value = option.Value;
        return option.Kind switch
        {
            "pty" or "null" or "vc" or "ringbuf" or "memory" or "qemu-vdagent" => null,
            "socket" when value.Text("fd") is not null => null,
            "socket" when value.IsOn("server") => $"listens on {value.Text("path") ?? "port " + value.Text("port")}, which one process can hold",
            "socket" => $"is connected to {value.Text("path") ?? value.Text("host")}, which knows the old process only",
            "file" when value.Text("path")?.StartsWith("/dev/fdset/", StringComparison.Ordinal) == true || value.IsOn("append") => null,
            "file" => "writes to a file that the target would empty",
            // A client of it is one of SPICE: it comes back with it.
            "spiceport" => null,
            "spicevmc" when value.Text("name") is "vdagent" or "usbredir" => null,
            "spicevmc" => $"belongs to what a SPICE client lends the guest ('{value.Text("name")}')",
            "dbus" => $"belongs to a display ({option.Kind})",
            _ => $"is of the kind '{option.Kind}'",
        };
    }
}
