using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary><c>&lt;disk&gt;</c>.</summary>
public sealed record DiskXml
{
    internal DiskXml(XElement element)
    {
        XElement? source = element.Element("source");
        Type = element.Text("type") ?? "";
        Device = element.Text("device") ?? "disk";
        Format = element.Element("driver").Text("type") ?? "";
        Source = source.Text("file") ?? source.Text("dev") ?? source.Text("name") ?? source.Text("path") ?? "";
        Protocol = source.Text("protocol") ?? "";
        FileDescriptorGroup = source.Text("fdgroup") ?? "";
        Target = element.Element("target").Text("dev") ?? "";
        Bus = element.Element("target").Text("bus") ?? "";
        Alias = element.Element("alias").Text("name") ?? "";
        IsReadOnly = element.Element("readonly") is not null;
        IsShareable = element.Element("shareable") is not null;
        IsTransient = element.Element("transient") is not null;
        HasMirror = element.Element("mirror") is not null;
        HasReservations = source?.Element("reservations") is not null;
        HasThrottle = element.Element("iotune") is not null;
        Images = DiskImage.ChainOf(element);
    }

    /// <summary><c>file</c>, <c>block</c>, <c>network</c>, <c>nvme</c>, <c>vhostuser</c>, …</summary>
    public string Type { get; }

    /// <summary><c>disk</c>, <c>cdrom</c>, <c>floppy</c>, <c>lun</c>.</summary>
    public string Device { get; }

    /// <summary><c>qcow2</c>, <c>raw</c>, …</summary>
    public string Format { get; }

    /// <summary>File, device or name; empty for an empty drive.</summary>
    public string Source { get; }

    /// <summary>Protocol of a network disk, for example <c>rbd</c>.</summary>
    public string Protocol { get; }

    /// <summary>Name of the descriptors the disk was passed as; empty when it is opened by path.</summary>
    public string FileDescriptorGroup { get; }

    /// <summary>For example <c>vda</c>.</summary>
    public string Target { get; }

    /// <summary>For example <c>virtio</c>.</summary>
    public string Bus { get; }

    /// <summary>The device's id in QEMU.</summary>
    public string Alias { get; }

    /// <summary>The guest cannot write.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Others may write as well; QEMU takes no exclusive lock.</summary>
    public bool IsShareable { get; }

    /// <summary>Writes are thrown away at the end.</summary>
    public bool IsTransient { get; }

    /// <summary>A block job copies it (<c>&lt;mirror&gt;</c>).</summary>
    public bool HasMirror { get; }

    /// <summary>SCSI persistent reservations through a helper.</summary>
    public bool HasReservations { get; }

    /// <summary><c>&lt;iotune&gt;</c> is set; libvirt may have changed it since the start.</summary>
    public bool HasThrottle { get; }

    /// <summary>Its image and those below, the guest's own first; none for an empty drive.</summary>
    public IReadOnlyList<DiskImage> Images { get; }
}
