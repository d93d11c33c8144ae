using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary><c>&lt;graphics&gt;</c>.</summary>
public sealed record GraphicsXml
{
    internal GraphicsXml(XElement element)
    {
        Type = element.Text("type") ?? "";
        Password = element.Text("passwd") ?? "";
        HasPassword = element.Attribute("passwd") is not null;
        PasswordValidTo = element.Text("passwdValidTo") ?? "";
    }

    /// <summary><c>vnc</c>, <c>spice</c>, <c>dbus</c>, <c>egl-headless</c>, <c>rdp</c>, …</summary>
    public string Type { get; }

    /// <summary>The password; empty when there is none, or when the XML was read without security information.</summary>
    internal string Password { get; }

    /// <summary>A password is set; QEMU forgets it in a handover.</summary>
    public bool HasPassword { get; }

    /// <summary>Until when the password is valid, as libvirt writes it; empty for ever.</summary>
    public string PasswordValidTo { get; }
}
