using System.Text.Json.Nodes;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Disks;

/// <summary>
/// Brings a command line up to date with what became of a VM's disks since its start: snapshots, merges, copies, changed and ejected media. What the disks
/// are now is libvirt's word (its status file); how libvirt opens an image of a disk is taken from the command line. Whether all of it is so is judged
/// against the running QEMU afterwards (<see cref="Drift"/>, the twin check). Pure.
/// </summary>
internal static class CurrentDisks
{
    /// <summary>The command line with each disk on its images of now. A disk that cannot be told in these words stays as it was.</summary>
    /// <param name="line">What the VM was started with.</param>
    /// <param name="domain">The domain as libvirt's status file has it.</param>
    internal static CommandLine Of(CommandLine line, DomainXml domain) => domain.Disks.Aggregate(line, WithImages);

    private static CommandLine WithImages(CommandLine line, DiskXml disk)
    {
        if (line.Find("device", disk.Alias) is not { } device || disk.Images.Any(image => !image.IsPlain))
            return line;
        var before = WrittenChain.Of(line, device.Value.Text("drive"));
        if (before is null || before.Nodes.SequenceEqual(disk.Images.SelectMany(Nodes)) || before.IsSharedWith(line, device))
            return line;
        if (ImageOptions.Of(disk, before) is not { } images)
            return line;
        var after = device with { Argument = WithDrive(device, disk.Images.Count > 0 ? disk.Images[0].Node : null) };
        var place = line.Options.IndexOf(before.Options.Count > 0 ? line.Options.First(before.Options.Contains) : device);
        return line with
        {
            Options =
            [
                .. line.Options.Take(place).Where(option => !before.Options.Contains(option)),
                .. images,
                .. line.Options.Skip(place).Where(option => !before.Options.Contains(option)).Select(option => ReferenceEquals(option, device) ? after : option),
            ],
        };
    }

    private static string WithDrive(CommandLineOption device, string? node) =>
        (node is null ? device.Value.Without("drive") : device.Value.With("drive", JsonValue.Create(node))).Render();

    private static IEnumerable<string> Nodes(DiskImage image) => image.FormatNode.Length > 0 ? [image.FormatNode, image.StorageNode] : [image.StorageNode];
}
