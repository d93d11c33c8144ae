using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary><c>&lt;disk&gt;</c>.</summary>
public sealed record DiskXml
{
    internal DiskXml(XElement element)
    {
        XElement? source = element.Element("source");
        Type = element.Text("type") ?? "";
        Source = source.Text("file") ?? source.Text("dev") ?? source.Text("name") ?? source.Text("path") ?? "";
        IsReadOnly = element.Element("readonly") is not null;
        IsShareable = element.Element("shareable") is not null;
        Device = element.Text("device") ?? "disk";
        Alias = element.Element("alias").Text("name") ?? "";
        Images = DiskImage.ChainOf(element);
    }

    /// <summary><c>file</c>, <c>block</c>, <c>network</c>, <c>nvme</c>, <c>vhostuser</c>, …</summary>
    public string Type { get; }

    /// <summary>File, device or name; empty for an empty drive.</summary>
    public string Source { get; }

    /// <summary>The guest cannot write.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Others may write as well; QEMU takes no exclusive lock.</summary>
    public bool IsShareable { get; }

    /// <summary><c>disk</c>, <c>cdrom</c>, <c>floppy</c>, <c>lun</c>.</summary>
    public string Device { get; }

    /// <summary>The device's id in QEMU.</summary>
    public string Alias { get; }

    /// <summary>Its image and those below, the guest's own first; none for an empty drive.</summary>
    public IReadOnlyList<DiskImage> Images { get; }
}
