using System.Globalization;
using System.Text.RegularExpressions;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Cli;

/// <summary>Another machine, whose system bus is reached over SSH, as <c>systemctl -H</c> does.</summary>
internal sealed partial record RemoteHost
{
    public const string Example = "root@kvm-17 or root@kvm-17:2222";

    private RemoteHost(string text, string destination, string port) => (Text, Destination, Port) = (text, destination, port);

    /// <summary>As it was typed.</summary>
    public string Text { get; }

    private string Destination { get; }

    private string Port { get; }

    /// <summary>Reads <c>[user@]server[:port]</c>; an IPv6 address goes into brackets.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="host">The host; null when it cannot be read.</param>
    /// <param name="error">What is wrong, with an example; empty when all is well.</param>
    public static bool TryParse(string text, out RemoteHost? host, out string error)
    {
        var match = Form().Match(text);
        var port = match.Groups["port"].Value;
        var good = match.Success && (port.Length == 0 || (int.TryParse(port, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65_536));
        host = good ? new RemoteHost(text, match.Groups["user"].Value + match.Groups["server"].Value.Trim('[', ']'), port) : null;
        error = good ? "" : $"“{Printable.Of(text)}” is not [user@]server[:port]; write for example {Example}.";
        return good;
    }

    /// <summary>What ssh has to be told to reach it, behind any other option.</summary>
    public IReadOnlyList<string> Where => [.. Port.Length > 0 ? ["-p", Port] : Array.Empty<string>(), "--", Destination];

    /// <summary>As a person would log in there.</summary>
    public string ByHand => Port.Length > 0 ? $"ssh -p {Port} {Destination}" : $"ssh {Destination}";

    // Nothing that ssh could take for an option, and nothing that a shell would have to quote.
    [GeneratedRegex(@"\A(?<user>[A-Za-z0-9_.][A-Za-z0-9_.-]*@)?(?<server>[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(?::(?<port>[0-9]{1,5}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
