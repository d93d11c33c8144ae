using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary><c>&lt;interface&gt;</c>.</summary>
public sealed record InterfaceXml
{
    internal InterfaceXml(XElement element)
    {
        Type = element.Text("type") ?? "";
        Target = element.Element("target").Text("dev") ?? "";
        Alias = element.Element("alias").Text("name") ?? "";
        Model = element.Element("model").Text("type") ?? "";
        LinkState = element.Element("link").Text("state") ?? "up";
    }

    /// <summary><c>network</c>, <c>bridge</c>, <c>ethernet</c>, <c>direct</c>, <c>user</c>, <c>vhostuser</c>, <c>vdpa</c>, <c>hostdev</c>, …</summary>
    public string Type { get; }

    /// <summary>The host's device, for example <c>vnet0</c>; empty when there is none.</summary>
    public string Target { get; }

    /// <summary>The device's id in QEMU.</summary>
    public string Alias { get; }

    /// <summary>The guest's hardware, for example <c>virtio</c>.</summary>
    public string Model { get; }

    /// <summary><c>up</c> or <c>down</c>.</summary>
    public string LinkState { get; }
}
