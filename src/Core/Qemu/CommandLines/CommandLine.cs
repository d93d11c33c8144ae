using System.Collections.Immutable;

namespace VirtHandover.Qemu;

/// <summary>A QEMU command line: what <c>/proc/PID/cmdline</c> holds, in options. Nothing is lost: rendering gives the same words.</summary>
/// <param name="Program">The first word.</param>
/// <param name="Options">The rest, in order.</param>
internal sealed record CommandLine(string Program, ImmutableArray<CommandLineOption> Options)
{
    // qemu-options.hx, every option without HAS_ARG of QEMU 2.12 to 11.1.
    private static readonly HashSet<string> WithoutArgument = new(StringComparer.Ordinal)
    {
        "h", "help", "version", "S", "s", "snapshot", "nographic", "full-screen", "portrait", "curses", "sdl", "no-frame", "alt-grab", "ctrl-grab",
        "no-quit", "no-fd-bootchk", "no-acpi", "no-hpet", "win2k-hack", "no-reboot", "no-shutdown", "no-user-config", "nodefaults", "nodefconfig",
        "singlestep", "daemonize", "enable-kvm", "no-kvm", "no-kvm-irqchip", "no-kvm-pit", "no-kvm-pit-reinjection", "enable-hax",
        "enable-sync-profile", "preconfig", "only-migratable", "xen-attach", "xen-domid-restrict", "mem-prealloc", "semihosting", "old-param",
        "async-teardown", "usb", "localtime", "rtc-td-hack", "enable-fips", "realtime-off", "machine-help",
    };

    /// <summary>Takes the words apart.</summary>
    /// <param name="words">All of them, the program first.</param>
    /// <exception cref="CommandLineException">There is no word.</exception>
    internal static CommandLine Parse(IReadOnlyList<string> words)
    {
        if (words.Count == 0)
            throw new CommandLineException("QEMU's command line is empty; the process has probably ended.");
        var options = ImmutableArray.CreateBuilder<CommandLineOption>();
        for (var i = 1; i < words.Count; i++)
        {
            var option = new CommandLineOption(words[i], null);
            if (option.Name.Length > 0 && !WithoutArgument.Contains(option.Name) && i + 1 < words.Count)
                option = option with { Argument = words[++i] };
            options.Add(option);
        }

        return new CommandLine(words[0], options.DrainToImmutable());
    }

    /// <summary>The words again.</summary>
    internal string[] Render() =>
        [Program, .. Options.SelectMany(o => o.Argument is null ? (string[])[o.Token] : [o.Token, o.Argument])];

    /// <summary>Every option of a name, in order.</summary>
    internal IEnumerable<CommandLineOption> All(string name) => Options.Where(o => o.Name == name);

    /// <summary>The last option of a name, which is the one that counts; null when there is none.</summary>
    internal CommandLineOption? Last(string name) => Options.LastOrDefault(o => o.Name == name);

    /// <summary>The option of a name with an id; null when there is none.</summary>
    internal CommandLineOption? Find(string name, string id) => Options.FirstOrDefault(o => o.Name == name && o.Id == id);

    /// <summary>The command line with every option passed through <paramref name="edit"/>; null removes one.</summary>
    internal CommandLine Edit(Func<CommandLineOption, CommandLineOption?> edit) =>
        this with { Options = [.. Options.Select(edit).OfType<CommandLineOption>()] };

    /// <summary>The command line without all options of a name.</summary>
    internal CommandLine Without(string name) => Edit(o => o.Name == name ? null : o);

    /// <summary>The command line with an option at its end.</summary>
    internal CommandLine Add(string token, string? argument = null) => this with { Options = Options.Add(new CommandLineOption(token, argument)) };

    /// <summary>
    /// The chardev under the QMP monitor, which is libvirt's: of the first <c>-mon</c> with <c>mode=control</c>, or of the first object
    /// <c>monitor-qmp</c>, which libvirt 12.8 makes of QEMU 11.1's; null when there is none.
    /// </summary>
    internal CommandLineOption? MonitorChardev =>
        (All("mon").FirstOrDefault(o => o.Value.Text("mode") == "control")?.Value.Implied("chardev")
            ?? All("object").FirstOrDefault(o => o.Kind == "monitor-qmp")?.Value.Text("chardev")) is { } id ? Find("chardev", id) : null;
}
