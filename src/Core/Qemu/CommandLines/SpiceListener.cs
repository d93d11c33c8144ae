using System.Globalization;
using System.Text.Json.Nodes;
using VirtHandover.Linux.Launch;

namespace VirtHandover.Qemu;

/// <summary>Where a SPICE server listens, as <c>-spice</c> says; nothing changes it while the VM runs.</summary>
/// <param name="Host">Address or name, empty for all; or the path of a UNIX socket.</param>
/// <param name="Port">The port; 0 for a UNIX socket.</param>
/// <param name="IsTls">True for the port on which everything is encrypted.</param>
internal sealed record SpiceListener(string Host, int Port, bool IsTls)
{
    private static readonly string[] OfListening = ["addr", "port", "tls-port", "unix", "ipv4", "ipv6", "tls-channel", "plaintext-channel"];

    /// <summary>True for a UNIX socket.</summary>
    internal bool IsUnix => Port == 0;

    /// <summary>Where it is, for sentences.</summary>
    internal string Place => IsUnix ? Host : string.Create(CultureInfo.InvariantCulture, $"{Host} {Port}").Trim();

    /// <summary>It, as it is to be seen when QEMU binds it.</summary>
    internal ExpectedBind Bind => new(IsTls ? "SPICE with TLS" : "SPICE", Host, Port);

    /// <summary>All of them; a server may have none, and be reached through libvirt only.</summary>
    /// <exception cref="CommandLineException">A port does not parse, or there are two servers.</exception>
    internal static IReadOnlyList<SpiceListener> Of(CommandLine line)
    {
        CommandLineOption[] options = [.. line.All("spice")];
        if (options.Length > 1)
            throw new CommandLineException("QEMU's command line has two -spice, which QEMU takes for one.");
        return options.Length == 0 ? [] : [.. Of(options[0].Value)];
    }

    /// <summary>The server without any of it: for a QEMU that nobody is to reach.</summary>
    internal static CommandLineOption Without(CommandLineOption option)
    {
        // Of a first word without "=" as well, which is a switch ("unix").
        var value = OfListening.Aggregate(option.Value, (rest, key) => rest.Without(key));
        return option.With(value.With("port", JsonValue.Create(0)));
    }

    private static IEnumerable<SpiceListener> Of(OptionValue value)
    {
        var host = value.Text("addr") ?? "";
        if (value.IsOn("unix"))
        {
            yield return new SpiceListener(host, 0, false);
            yield break;
        }

        foreach (var (key, isTls) in ((string, bool)[])[("port", false), ("tls-port", true)])
        {
            if (PortOf(value, key) is var port and not 0)
                yield return new SpiceListener(host, port, isTls);
        }
    }

    private static int PortOf(OptionValue value, string key) => value.Text(key) is not { } text ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= ushort.MaxValue ? port
        : throw new CommandLineException($"QEMU's command line has SPICE listen on port '{text}', which cannot be read.");
}
