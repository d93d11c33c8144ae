using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary><c>&lt;graphics&gt;</c>.</summary>
public sealed record GraphicsXml
{
    internal GraphicsXml(XElement element)
    {
        Type = element.Text("type") ?? "";
        Port = Positive(element.Text("port"));
        TlsPort = Positive(element.Text("tlsPort"));
        WebSocketPort = Positive(element.Text("websocket"));
        Password = element.Text("passwd") ?? "";
        HasPassword = element.Attribute("passwd") is not null;
        PasswordValidTo = element.Text("passwdValidTo") ?? "";
        Addresses =
        [
            .. element.Elements("listen")
                .Where(listen => listen.Text("type") is "address" or "network")
                .Select(listen => listen.Text("address"))
                .OfType<string>(),
        ];
        Socket = element.Elements("listen").Select(listen => listen.Text("socket")).OfType<string>().FirstOrDefault()
            ?? element.Text("socket")
            ?? "";
    }

    /// <summary><c>vnc</c>, <c>spice</c>, <c>dbus</c>, <c>egl-headless</c>, <c>rdp</c>, …</summary>
    public string Type { get; }

    /// <summary>TCP port; null when it does not listen on one.</summary>
    public int? Port { get; }

    /// <summary>TCP port of SPICE with TLS.</summary>
    public int? TlsPort { get; }

    /// <summary>TCP port of VNC over WebSocket.</summary>
    public int? WebSocketPort { get; }

    /// <summary>The password; empty when there is none, or when the XML was read without security information.</summary>
    internal string Password { get; }

    /// <summary>A password is set; QEMU forgets it in a handover.</summary>
    public bool HasPassword { get; }

    /// <summary>Until when the password is valid, as libvirt writes it; empty for ever.</summary>
    public string PasswordValidTo { get; }

    /// <summary>Addresses it listens on.</summary>
    public IReadOnlyList<string> Addresses { get; }

    /// <summary>UNIX socket it listens on; empty when there is none.</summary>
    public string Socket { get; }

    private static int? Positive(string? port) => SafeXml.Int(port) is { } number and > 0 ? number : null;
}
