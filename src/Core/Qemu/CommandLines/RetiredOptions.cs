using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>Options that newer QEMUs no longer have, and what says the same there. QEMU's own words for it are in its <c>docs/about/removed-features</c>.</summary>
internal static class RetiredOptions
{
    /// <summary>Options that every QEMU takes and no <c>-help</c> tells of.</summary>
    private static readonly string[] Untold = ["M", "qtest", "h", "help", "version"];

    // Name; what stands for it now.
    private static readonly Dictionary<string, Func<CommandLine, CommandLineOption, CommandLine>> Successors = new(StringComparer.Ordinal)
    {
        // libvirt's <timer name='hpet' present='no'/>, which virt-install writes, and a domain without <acpi/>; gone in QEMU 9.0.
        ["no-hpet"] = (line, _) => WithMachine(line, "hpet"),
        ["no-acpi"] = (line, _) => WithMachine(line, "acpi"),
        // <timer name='pit' tickpolicy='discard'/>, libvirt before 1.0.
        ["no-kvm-pit-reinjection"] = (line, _) => line.Add("-global", "kvm-pit.lost_tick_policy=discard"),
        // <memoryBacking><locked/>, libvirt before 5.0; gone in QEMU 3.1.
        ["realtime"] = (line, option) => line.Add("-overcommit", "mem-lock=" + (option.Value.Text("mlock") ?? "on")),
        // <features><async-teardown/>, gone in QEMU 9.0.
        ["async-teardown"] = (line, _) => line.Add("-run-with", "async-teardown=on"),
    };

    /// <summary>Says it in the words of the QEMU that is to understand it.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="known">The options that QEMU has; null when that is not known, and then nothing is changed.</param>
    /// <exception cref="CommandLineException">It does not have one, and nothing says the same.</exception>
    internal static CommandLine Translate(CommandLine line, IReadOnlySet<string>? known)
    {
        if (known is null)
            return line;
        foreach (var option in line.Options.Where(o => o.Name.Length > 0 && !known.Contains(o.Name) && !Untold.Contains(o.Name)).ToList())
        {
            if (!Successors.TryGetValue(option.Name, out var successor))
                throw new CommandLineException($"The new QEMU has no option '{option.Token}', which the VM was started with.");
            line = successor(line.Edit(o => ReferenceEquals(o, option) ? null : o), option);
        }

        return line;
    }

    private static CommandLine WithMachine(CommandLine line, string property)
    {
        var machine = line.Options.LastOrDefault(o => o.Name is "machine" or "M");
        return machine is null
            ? line.Add("-machine", property + "=off")
            : line.Edit(o => ReferenceEquals(o, machine) ? o.With(o.Value.With(property, JsonValue.Create(false))) : o);
    }
}
