using System.Text.RegularExpressions;
using VirtHandover.Foreign;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Records;

/// <summary>
/// Whether a QEMU command line is one that libvirt wrote for a domain. What libvirt says of the domain decides; nothing is asked of the process. Pure.
/// </summary>
internal static partial class LineCheck
{
    /// <summary>What libvirt 5.0 and later writes, unless <c>seccomp_sandbox</c> of its qemu.conf is 0.</summary>
    internal const string Sandbox = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

    private const int MostProblems = 8;
    private const int LongestQuote = 160;

    // Every option that libvirt 8.0 to 12.8 writes on a domain's command line (src/qemu/qemu_command.c), what RetiredOptions makes of them, and the one
    // that Debian's script /usr/bin/kvm adds.
    private static readonly HashSet<string> Written = new(StringComparer.Ordinal)
    {
        "S", "accel", "acpitable", "action", "add-fd", "append", "async-teardown", "audiodev", "bios", "blockdev", "boot", "chardev", "compat",
        "cpu", "device", "display", "drive", "dtb", "enable-fips", "enable-kvm", "fsdev", "full-screen", "fw_cfg", "global", "incoming", "initrd",
        "k", "kernel", "loadvm", "m", "machine", "mem-path", "mem-prealloc", "mon", "msg", "name", "netdev", "no-acpi", "no-hpet",
        "no-kvm-pit-reinjection", "no-reboot", "no-shutdown", "no-user-config", "nodefaults", "numa", "object", "overcommit", "rtc", "run-with",
        "sandbox", "serial", "shim", "smbios", "smp", "spice", "tpmdev", "usb", "uuid", "vnc", "watchdog-action",
    };

    private static readonly HashSet<string> Bare = new(StringComparer.Ordinal)
    {
        "S", "async-teardown", "enable-fips", "enable-kvm", "full-screen", "mem-prealloc", "no-acpi", "no-hpet", "no-kvm-pit-reinjection", "no-reboot",
        "no-shutdown", "no-user-config", "nodefaults", "usb",
    };

    // Once and no more: of two, QEMU takes the last or both, and whoever reads takes another one.
    private static readonly string[] Once = ["uuid", "name", "machine", "S", "nodefaults", "no-user-config", "m", "smp"];
    private static readonly string[] AtMostOnce =
    [
        "sandbox", "cpu", "rtc", "overcommit", "boot", "msg", "mon", "incoming", "kernel", "initrd", "append", "dtb", "run-with",
    ];

    private static readonly HashSet<string> Objects = new(StringComparer.Ordinal)
    {
        "acpi-generic-initiator", "cryptodev-backend-builtin", "cryptodev-backend-lkcf", "dbus-vmstate", "input-linux", "iommufd", "iothread", "main-loop",
        "memory-backend-epc", "memory-backend-file", "memory-backend-memfd", "memory-backend-ram", "memory-backend-shm", "monitor-qmp", "pr-manager-helper",
        "rng-builtin", "rng-egd", "rng-random", "s390-pv-guest", "secret", "sev-guest", "sev-snp-guest", "tdx-guest", "thread-context", "throttle-group",
        "tls-creds-x509",
    };

    private static readonly HashSet<string> Netdevs = new(StringComparer.Ordinal)
    {
        "dgram", "hubport", "socket", "stream", "tap", "user", "vhost-user", "vhost-vdpa",
    };

    private static readonly HashSet<string> Chardevs = new(StringComparer.Ordinal)
    {
        "dbus", "file", "null", "parallel", "parport", "pipe", "pty", "qemu-vdagent", "serial", "socket", "spiceport", "spicevmc", "stdio", "tty", "udp", "vc",
    };

    /// <summary>Checks a command line.</summary>
    /// <param name="words">Its words, the program first.</param>
    /// <param name="facts">What libvirt says.</param>
    /// <param name="wasMoved">A handover has made it: memory may be a descriptor, and options that newer QEMUs lack were put into other words.</param>
    /// <returns>What does not belong there, a sentence each, at most eight; empty when all of it is libvirt's.</returns>
    internal static IReadOnlyList<string> Problems(IReadOnlyList<string> words, DomainFacts facts, bool wasMoved = false)
    {
        try
        {
            return [.. Find(words, facts, wasMoved).Distinct().Take(MostProblems)];
        }
        catch (CommandLineException exception)
        {
            return [exception.Message];
        }
    }

    private static IEnumerable<string> Find(IReadOnlyList<string> words, DomainFacts facts, bool wasMoved)
    {
        if (words.Count == 0)
            throw new CommandLineException("QEMU's command line is empty.");
        // A script that starts QEMU names what it starts, by its path or as the shell finds it.
        if (words[0] != facts.Domain.Emulator && words[0] != facts.Program && words[0] != Path.GetFileName(facts.Program))
            yield return $"The program is {Quote(words[0])}, the domain's emulator {Quote(facts.Domain.Emulator)}.";
        var extras = facts.Domain.ExtraArguments;
        var rest = WithoutExtras(words, extras);
        if (rest.Count == words.Count && extras.Count > 0 && !wasMoved)
            yield return "The arguments of <qemu:commandline> are not on it.";
        var line = CommandLine.Parse(rest);
        var names = new NamedThings(facts, line, wasMoved);
        foreach (var problem in Shape(line, facts, wasMoved && extras.Contains("-sandbox")))
            yield return problem;
        foreach (var option in line.Options)
        {
            // A handover may have moved these; as a word each, they are the domain's all the same.
            if (wasMoved && extras.Contains(option.Token) && (option.Argument is null || extras.Contains(option.Argument)))
                continue;
            foreach (var problem in Check(option, names))
                yield return problem;
        }
    }

    private static IEnumerable<string> Shape(CommandLine line, DomainFacts facts, bool hasOwnSandbox)
    {
        foreach (var name in Once)
        {
            if (line.All(name).Count() is var count and not 1)
                yield return count == 0 ? $"It has no -{name}." : $"It has -{name} {count} times.";
        }

        foreach (var name in AtMostOnce)
        {
            if (line.All(name).Count() is var count and > 1)
                yield return $"It has -{name} {count} times.";
        }

        if (line.Last("uuid") is { Argument: { } uuid } && (!Guid.TryParseExact(uuid, "D", out var id) || id != facts.Domain.Uuid))
            yield return $"Its -uuid is {Quote(uuid)}, which is not the domain's.";
        if (line.Last("name") is { Argument: { } given } && !IsName(given, facts.Domain.Name))
            yield return $"Its -name is {Quote(given)}, which is not the domain's.";
        if (line.Last("incoming") is { Argument: { } incoming } && !Incoming().IsMatch(incoming))
            yield return $"It has -incoming {Quote(incoming)}, which libvirt does not write.";
        if (line.Last("run-with") is { Argument: { } with } && with != "async-teardown=on")
            yield return $"It has -run-with {Quote(with)}, which libvirt does not write.";
        var sandbox = line.Last("sandbox");
        // Whoever has switched it off since has not switched it off for what ran.
        var isFine = sandbox?.Argument == Sandbox || (!facts.Settings.HasSandbox && (sandbox is null or { Argument: "off" }));
        if (!isFine && !hasOwnSandbox)
        {
            yield return sandbox is null
                ? "It has no -sandbox, with which libvirt forbids QEMU to start programs and to raise its rights."
                : $"Its -sandbox is {Quote(sandbox.Argument ?? "")}, libvirt's {Quote(facts.Settings.HasSandbox ? Sandbox : "off")}.";
        }
    }

    private static IEnumerable<string> Check(CommandLineOption option, NamedThings names)
    {
        if (!option.Token.StartsWith('-'))
        {
            yield return "It has a word that belongs to no option, which QEMU takes for the name of a disk's image.";
            yield break;
        }

        if (!Written.Contains(option.Name) || option.Token != "-" + option.Name)
        {
            yield return $"It has {Quote(option.Token)}, which neither libvirt nor the domain's <qemu:commandline> writes.";
            yield break;
        }

        if (Bare.Contains(option.Name) != option.Argument is null)
        {
            yield return $"Its {option.Token} {(option.Argument is null ? "has no argument" : "has an argument")}.";
            yield break;
        }

        if (option.Argument is null)
            yield break;
        var kinds = option.Name switch { "object" => Objects, "netdev" => Netdevs, "chardev" => Chardevs, _ => null };
        // A chardev in JSON, of libvirt 11.2 and later, has its kind below "backend".
        if (kinds is not null && option.Argument.StartsWith('{') && option.Name == "chardev")
            kinds = null;
        if (kinds is not null && !kinds.Contains(option.Kind ?? ""))
            yield return $"It has {option.Token} {Quote(option.Kind ?? "")}, which libvirt does not write.";
        foreach (var foreign in names.Foreign(option))
            yield return $"Its {option.Token} names {foreign}, which is not the domain's.";
    }

    // libvirt puts them in one place and in their order, as whole options. Only that place is left out: a second one has to stand for itself.
    private static IReadOnlyList<string> WithoutExtras(IReadOnlyList<string> words, IReadOnlyList<string> extras)
    {
        if (extras.Count == 0)
            return words;
        for (var at = 1; at + extras.Count <= words.Count;)
        {
            if (words.Skip(at).Take(extras.Count).SequenceEqual(extras, StringComparer.Ordinal))
                return [.. words.Take(at), .. words.Skip(at + extras.Count)];
            at += CommandLine.Parse([words[0], .. words.Skip(at).Take(2)]).Options[0].Argument is null ? 1 : 2;
        }

        return words;
    }

    private static bool IsName(string argument, string name)
    {
        OptionWord[] items = [.. OptionWords.Of(argument)];
        return items is [{ Key: "guest" } guest, .. var rest] && guest.Text == name
            && rest.All(item => item is { Key: "debug-threads", Text: "on" } || (item.Key == "process" && item.Text == "qemu:" + name));
    }

    /// <summary>Foreign text in a sentence: one line, bounded.</summary>
    internal static string Quote(string text) => ForeignText.Quote(text, LongestQuote);

    [GeneratedRegex(@"\A(defer|fd:[0-9]+|(tcp|rdma):[A-Za-z0-9.:\[\]_-]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Incoming();
}
