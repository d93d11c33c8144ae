using VirtHandover.Contract;

namespace VirtHandover.Handover.Preflight;

/// <summary>Disks: local images that are opened by path are carried, because their locks keep two QEMUs apart.</summary>
internal static class StorageRules
{
    // Filters and formats stand on these or on a protocol; everything else is a protocol that reaches out of the host.
    private static readonly string[] Local =
    [
        "file", "host_device", "host_cdrom", "raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vpc", "vhdx", "parallels", "luks", "dmg", "cloop", "bochs",
        "copy-on-read", "copy-before-write", "throttle", "preallocate", "compress", "null-co", "null-aio", "vvfat",
    ];

    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        foreach (var node in facts.Live.Devices.Nodes.Where(n => !Local.Contains(n.Driver)))
        {
            yield return node.Driver == "nvme"
                ? FindingCodes.Vfio.Says($"The block node '{node.NodeName}' drives a host NVMe device itself.")
                : FindingCodes.BlockRemote.Says($"The block node '{node.NodeName}' is reached by '{node.Driver}'.");
        }

        foreach (var option in facts.Line.All("blockdev"))
        {
            if (option.Value.Text("filename")?.StartsWith("/dev/fdset/", StringComparison.Ordinal) == true)
                yield return FindingCodes.BlockFdset.Says($"The image of '{option.Id}' was passed as a descriptor.");
            if (option.Value.Text("locking") == "off")
                yield return FindingCodes.ImageLock.Says($"The image of '{option.Id}' is not locked.");
        }

        foreach (var helper in facts.Line.All("object").Where(o => o.Kind == "pr-manager-helper"))
            yield return FindingCodes.PrManager.Says($"The VM uses SCSI persistent reservations ('{helper.Id}').");
        foreach (var drive in facts.Line.Options.Where(o => o.Name is "drive" or "hda" or "hdb" or "hdc" or "hdd" or "cdrom" or "fda" or "fdb" or "sd" or "mtdblock" or "pflash" or ""))
            yield return FindingCodes.CmdLine.Says($"The VM has a disk in an old form ('{drive.Token} {drive.Argument}'), whose node has no name to compare.");
    }
}
