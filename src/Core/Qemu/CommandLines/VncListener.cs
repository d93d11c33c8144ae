using System.Globalization;

namespace VirtHandover.Qemu;

/// <summary>Where a VNC server listens, as <c>-vnc</c> says; nothing of libvirt's changes it while the VM runs.</summary>
/// <param name="Host">Name or address, empty for all; or the path of a UNIX socket.</param>
/// <param name="Service">Port; empty for a UNIX socket.</param>
/// <param name="Ipv4">Whether IPv4 is asked for or forbidden; null when the option leaves it open.</param>
/// <param name="Ipv6">Likewise.</param>
/// <param name="IsWebsocket">True for the websocket listener.</param>
internal sealed record VncListener(string Host, string Service, bool? Ipv4, bool? Ipv6, bool IsWebsocket)
{
    private const int FirstPort = 5900;
    private const int FirstWebsocketPort = 5700;

    /// <summary>True for a UNIX socket.</summary>
    internal bool IsUnix => Service.Length == 0;

    /// <summary>The listeners of every display.</summary>
    /// <exception cref="CommandLineException">A display's number does not parse.</exception>
    internal static IReadOnlyList<VncListener> Of(CommandLine line) => [.. line.All("vnc").SelectMany(Of)];

    private static IEnumerable<VncListener> Of(CommandLineOption option)
    {
        var value = option.Value;
        var address = value.Implied("vnc") ?? "none";
        if (address == "none" || value.IsOn("reverse"))
            yield break;
        if (address.StartsWith("unix:", StringComparison.Ordinal))
        {
            yield return new VncListener(address[5..], "", null, null, false);
            yield break;
        }

        // "[::1]:0", "127.0.0.1:0", ":0"; the number is the display's, not the port's.
        var colon = address.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var display) || display > ushort.MaxValue - FirstPort)
            throw new CommandLineException($"QEMU's command line has VNC listen on '{address}', which cannot be read.");
        var host = address[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        yield return new VncListener(host, Number(FirstPort + display), Switch(value, "ipv4"), Switch(value, "ipv6"), false);
        if (value.Text("websocket") is { } websocket && websocket is not ("off" or "no"))
        {
            var port = websocket is "on" or "yes" ? Number(FirstWebsocketPort + display) : websocket;
            yield return new VncListener(host, port, Switch(value, "ipv4"), Switch(value, "ipv6"), true);
        }
    }

    private static bool? Switch(OptionValue value, string key) => value.Text(key) is null ? null : value.IsOn(key);

    private static string Number(int port) => port.ToString(CultureInfo.InvariantCulture);
}
