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
        Mac = element.Element("mac").Text("address") ?? "";
        Driver = element.Element("driver").Text("name") ?? "";
        Queues = SafeXml.Int(element.Element("driver").Text("queues")) ?? 1;
        Backend = element.Element("backend").Text("type") ?? "";
        TrustsGuestFilters = SafeXml.Yes(element.Text("trustGuestRxFilters"));
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

    /// <summary>The guest's address.</summary>
    public string Mac { get; }

    /// <summary><c>vhost</c> or <c>qemu</c>; empty when not said.</summary>
    public string Driver { get; }

    /// <summary>Queue pairs.</summary>
    public int Queues { get; }

    /// <summary>Backend of a user interface, for example <c>passt</c>; empty for the built-in one.</summary>
    public string Backend { get; }

    /// <summary><c>trustGuestRxFilters='yes'</c>.</summary>
    public bool TrustsGuestFilters { get; }

    /// <summary><c>up</c> or <c>down</c>.</summary>
    public string LinkState { get; }
}
