using VirtHandover.Qemu;

namespace VirtHandover.Handover.Disks;

/// <summary>The images of a disk as a command line has them: the options of the nodes below the device's, in the order in which one stands on the other.</summary>
/// <param name="Options">The <c>-blockdev</c> options, each on one of the next: format, file, the format below, its file, …; none for a drive without a medium.</param>
internal sealed record WrittenChain(IReadOnlyList<CommandLineOption> Options)
{
    /// <summary>The names of the nodes.</summary>
    internal IEnumerable<string> Nodes => Options.Select(option => option.Id ?? "");

    /// <summary>Follows the options from a device's node.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="drive">The node; null for a device without one.</param>
    /// <returns>Null when they are not written as libvirt writes them: JSON, each node once and by its name.</returns>
    internal static WrittenChain? Of(CommandLine line, string? drive)
    {
        var options = new List<CommandLineOption>();
        for (var format = drive; format is not null;)
        {
            if (line.Find("blockdev", format) is not { Value: JsonOptionValue } option || options.Contains(option))
                return null;
            options.Add(option);
            if (option.Value.Text("file") is { } file)
            {
                if (line.Find("blockdev", file) is not { Value: JsonOptionValue } storage || options.Contains(storage))
                    return null;
                options.Add(storage);
            }

            // The member is null at a chain's end, which reads as missing.
            format = option.Value.Text("backing");
        }

        return new WrittenChain(options);
    }

    /// <summary>Whether something else on the command line names one of the nodes: then they are not the disk's alone.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="device">The disk's device.</param>
    internal bool IsSharedWith(CommandLine line, CommandLineOption device)
    {
        var nodes = Nodes.ToHashSet(StringComparer.Ordinal);
        return line.Options.Any(option => !ReferenceEquals(option, device) && !Options.Contains(option)
            && option is { Argument: not null, Name: "device" or "blockdev" }
            && (string[])["drive", "file", "backing", "data-file", "bottom"] is var members
            && members.Any(member => option.Value.Text(member) is { } node && nodes.Contains(node)));
    }
}
