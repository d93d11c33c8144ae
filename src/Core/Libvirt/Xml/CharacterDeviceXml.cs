using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary><c>&lt;serial&gt;</c>, <c>&lt;parallel&gt;</c>, <c>&lt;console&gt;</c> or <c>&lt;channel&gt;</c>.</summary>
public sealed record CharacterDeviceXml
{
    internal CharacterDeviceXml(XElement element)
    {
        Kind = element.Name.LocalName;
        Type = element.Text("type") ?? "";
        SourcePath = element.Elements("source").Select(source => source.Text("path")).OfType<string>().FirstOrDefault() ?? "";
        SourceMode = element.Elements("source").Select(source => source.Text("mode")).OfType<string>().FirstOrDefault() ?? "";
        TargetType = element.Element("target").Text("type") ?? "";
        TargetName = element.Element("target").Text("name") ?? "";
        TargetState = element.Element("target").Text("state") ?? "";
        Alias = element.Element("alias").Text("name") ?? "";
        LogFile = element.Element("log").Text("file") ?? "";
    }

    /// <summary>The element's name.</summary>
    public string Kind { get; }

    /// <summary><c>pty</c>, <c>unix</c>, <c>tcp</c>, <c>file</c>, <c>spicevmc</c>, …</summary>
    public string Type { get; }

    /// <summary>Pseudo terminal, socket or file; empty when there is none.</summary>
    public string SourcePath { get; }

    /// <summary><c>bind</c> or <c>connect</c>; empty when not said.</summary>
    public string SourceMode { get; }

    /// <summary>For example <c>isa-serial</c>, <c>virtio</c>.</summary>
    public string TargetType { get; }

    /// <summary>For example <c>org.qemu.guest_agent.0</c>.</summary>
    public string TargetName { get; }

    /// <summary><c>connected</c> or <c>disconnected</c>; empty when libvirt does not say.</summary>
    public string TargetState { get; }

    /// <summary>The device's id in QEMU.</summary>
    public string Alias { get; }

    /// <summary>File that everything is copied to; empty when there is none.</summary>
    public string LogFile { get; }
}
