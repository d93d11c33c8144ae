using System.Text.Json.Nodes;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Disks;

/// <summary>
/// The <c>-blockdev</c> options of a disk's images. libvirt opens every image of a disk with the disk's settings (cache, discard, aio, …), so those of a new one
/// are those of the image that the disk had.
/// </summary>
internal static class ImageOptions
{
    // What libvirt writes of a format, whatever format it is: the rest belongs to one format or one image.
    private static readonly string[] s_ofAnyFormat = ["discard", "detect-zeroes", "cache"];
    private static readonly string[] s_ofAnyFile = ["aio", "auto-read-only", "cache", "discard", "locking", "read-only"];
    private static readonly string[] s_withBacking = ["qcow2", "qcow", "qed", "vmdk"];
    private static readonly string[] s_formats = ["raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vpc", "vhdx"];

    /// <summary>The options, the lowest image first, each node before the one that stands on it.</summary>
    /// <param name="disk">The disk as it is.</param>
    /// <param name="before">Its images as the command line has them.</param>
    /// <returns>Null when an image cannot be written: of a format that is not known here, or of a disk whose settings nobody has written.</returns>
    internal static IReadOnlyList<CommandLineOption>? Of(DiskXml disk, WrittenChain before)
    {
        var options = new List<CommandLineOption>();
        for (var at = disk.Images.Count - 1; at >= 0; at--)
        {
            var image = disk.Images[at];
            var below = at + 1 < disk.Images.Count ? disk.Images[at + 1] : null;
            var isReadOnly = at > 0 || disk.IsReadOnly || disk.Device == "cdrom";
            if (Storage(disk, image, before, isReadOnly) is not { } storage)
                return null;
            options.Add(storage);
            if (image.FormatNode.Length == 0)
            {
                if (below is not null)
                    return null;
                continue;
            }

            if (Format(image, below, before, isReadOnly) is not { } format)
                return null;
            options.Add(format);
        }

        return options;
    }

    private static CommandLineOption? Storage(DiskXml disk, DiskImage image, WrittenChain before, bool isReadOnly)
    {
        if (before.Options.FirstOrDefault(option => option.Id == image.StorageNode) is { } same)
            return same;
        var driver = image.Type == "file" ? "file" : disk.Device == "cdrom" ? "host_cdrom" : "host_device";
        var node = new JsonObject { ["driver"] = driver, ["filename"] = image.Path, ["node-name"] = image.StorageNode };
        if (before.Options.FirstOrDefault(option => option.Kind is "file" or "host_device" or "host_cdrom")?.Value is JsonOptionValue template)
        {
            if (!Copy(template, node, s_ofAnyFile, ["driver", "filename", "node-name", "drop-cache"]))
                return null;
        }
        else if (disk.Device is "cdrom" or "floppy")
        {
            // Nothing was in it at the start; so libvirt writes for a drive without settings.
            node["auto-read-only"] = true;
            node["discard"] = "unmap";
        }
        else
        {
            return null;
        }

        if (image.FormatNode.Length == 0)
            node["read-only"] = isReadOnly;
        return new CommandLineOption("-blockdev", node.ToJsonString());
    }

    private static CommandLineOption? Format(DiskImage image, DiskImage? below, WrittenChain before, bool isReadOnly)
    {
        var same = before.Options.FirstOrDefault(option => option.Id == image.FormatNode);
        JsonObject node;
        string? driver;
        if (same?.Value is JsonOptionValue written)
        {
            node = written.ToJson();
            driver = written.Text("driver");
        }
        else
        {
            if (!s_formats.Contains(image.Format))
                return null;
            node = new JsonObject { ["node-name"] = image.FormatNode };
            if (before.Options.FirstOrDefault(option => option.Value.Text("file") is not null)?.Value is JsonOptionValue template
                && !Copy(template, node, s_ofAnyFormat, ["node-name", "read-only", "driver", "file", "backing"]))
            {
                return null;
            }

            node["driver"] = driver = image.Format;
            node["file"] = image.StorageNode;
        }

        if (below is not null && !s_withBacking.Contains(driver))
            return null;
        node["read-only"] = isReadOnly;
        if (s_withBacking.Contains(driver))
            node["backing"] = below is null ? null : JsonValue.Create(below.Node);
        return same is null ? new CommandLineOption("-blockdev", node.ToJsonString()) : same with { Argument = node.ToJsonString() };
    }

    /// <returns>False when the template has a member that is of neither list: nobody knows whether a new image has it too.</returns>
    private static bool Copy(JsonOptionValue template, JsonObject node, string[] copied, string[] own)
    {
        var members = template.ToJson();
        foreach (var name in copied)
        {
            if (members[name] is { } value)
                node[name] = value.DeepClone();
        }

        return template.Keys.All(key => copied.Contains(key) || own.Contains(key));
    }
}
