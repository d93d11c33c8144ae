using System.Globalization;
using System.Text;
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

    /// <summary>
    /// The D-Bus address at which sd-bus starts ssh, the same that <c>sd_bus_open_system_remote(3)</c> makes.
    /// </summary>
    /// <param name="mayAsk">False where a question for a password would destroy the screen.</param>
    public string Address(bool mayAsk)
    {
        string[] words =
        [
            "-xT", .. Port.Length > 0 ? ["-p", Port] : Array.Empty<string>(), .. mayAsk ? Array.Empty<string>() : ["-q", "-oBatchMode=yes"], "--",
            Destination, "systemd-stdio-bridge",
        ];
        return "unixexec:path=ssh," + string.Join(',', words.Select((word, i) => $"argv{i + 1}={Escape(word)}"));
    }

    // see: https://dbus.freedesktop.org/doc/dbus-specification.html#addresses
    private static string Escape(string word)
    {
        var escaped = new StringBuilder();
        foreach (var letter in Encoding.UTF8.GetBytes(word))
        {
            escaped.Append(char.IsAsciiLetterOrDigit((char)letter) || letter is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'/'
                ? ((char)letter).ToString()
                : "%" + letter.ToString("x2", CultureInfo.InvariantCulture));
        }

        return escaped.ToString();
    }

    // Nothing that ssh could take for an option, and nothing that a shell would have to quote.
    [GeneratedRegex(@"\A(?<user>[A-Za-z0-9_.][A-Za-z0-9_.-]*@)?(?<server>[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(?::(?<port>[0-9]{1,5}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
