using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary>One image of a disk: the one that the guest writes to, or one of those below it.</summary>
public sealed record DiskImage
{
    /// <summary>QEMU itself takes no longer chain.</summary>
    private const int Most = 200;

    // Of a <source>, beside the path: what changes nothing of how QEMU opens it.
    private static readonly string[] s_harmless = ["privateData", "seclabel", "address"];

    private DiskImage(XElement holder, XElement source, string format)
    {
        Type = holder.Text("type") ?? "";
        Path = source.Text(Type == "block" ? "dev" : "file") ?? "";
        Format = format;
        var names = source.Elements("privateData").Elements("nodenames").Elements("nodename").ToList();
        StorageNode = names.FirstOrDefault(name => name.Text("type") == "storage").Text("name") ?? "";
        FormatNode = names.FirstOrDefault(name => name.Text("type") == "format").Text("name") ?? "";
        IsPlain = Type is "file" or "block" && Path.Length > 0 && StorageNode.Length > 0
            && names.All(name => name.Text("type") is "storage" or "format")
            && source.Elements().All(element => s_harmless.Contains(element.Name.LocalName))
            && source.Elements("privateData").Elements().All(element => element.Name.LocalName == "nodenames")
            && holder.Element("encryption") is null && source.Text("fdgroup") is null;
    }

    /// <summary><c>file</c>, <c>block</c>, <c>network</c>, …</summary>
    public string Type { get; }

    /// <summary>The file or block device; empty for other types.</summary>
    public string Path { get; }

    /// <summary><c>qcow2</c>, <c>raw</c>, …; empty when libvirt does not say.</summary>
    public string Format { get; }

    /// <summary>The name that libvirt gave QEMU's node of the file; empty when it says none.</summary>
    public string StorageNode { get; }

    /// <summary>The name of the node of its format; empty when it has none, as raw images of libvirt 10.1 and later.</summary>
    public string FormatNode { get; }

    /// <summary>A local file or device without encryption, slices, a password or a descriptor: path, format and names are all that there is to say.</summary>
    public bool IsPlain { get; }

    /// <summary>The node that stands for the image: what a device or an image above it names.</summary>
    public string Node => FormatNode.Length > 0 ? FormatNode : StorageNode;

    /// <summary>All images of a disk, the guest's own first; none for an empty drive. Node names are in libvirt's status file only.</summary>
    internal static IReadOnlyList<DiskImage> ChainOf(XElement disk)
    {
        var images = new List<DiskImage>();
        var holder = disk;
        while (holder?.Element("source") is { } source && images.Count < Most)
        {
            var isTop = ReferenceEquals(holder, disk);
            var image = new DiskImage(holder, source, (isTop ? holder.Element("driver") : holder.Element("format")).Text("type") ?? "");
            // An ejected medium leaves the names of its nodes, which are gone.
            if (isTop && image is { Path.Length: 0, Type: "file" or "block" })
                break;
            images.Add(image);
            holder = holder.Element("backingStore");
        }

        return images;
    }
}
