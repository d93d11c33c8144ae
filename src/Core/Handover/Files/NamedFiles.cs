using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Files;

/// <summary>Finds every file that a QEMU opens by path: images with their whole chains, firmware, kernel, ROMs.</summary>
internal static class NamedFiles
{
    private static readonly string[] Drivers = ["file", "host_device", "host_cdrom"];

    // Where a format names the node that it stands on.
    private static readonly string[] Children = ["file", "data-file"];

    // Option, member; the member is empty where the argument itself is the path.
    private static readonly (string Option, string Member)[] Loaded =
    [
        ("kernel", ""), ("initrd", ""), ("dtb", ""), ("bios", ""), ("fw_cfg", "file"), ("acpitable", "file"), ("acpitable", "data"), ("smbios", "file"),
        ("machine", "kernel"), ("machine", "initrd"), ("machine", "dtb"), ("machine", "firmware"), ("device", "romfile"), ("device", "file"),
    ];

    /// <summary>Those that a command line names.</summary>
    /// <param name="line">The command line.</param>
    internal static IReadOnlyList<NamedFile> Of(CommandLine line) =>
        [.. AsRead(line.All("blockdev").SelectMany(Images), OnlyRead(line, [])).Concat(Loaded.SelectMany(kind => LoadedFiles(line, kind.Option, kind.Member))).Distinct()];

    /// <summary>Those that a command line names, and those that the running QEMU has opened besides, for example because an image's header names them.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="nodes">The running QEMU's block nodes: what is read-only there cannot be written, whatever the command line says.</param>
    internal static IReadOnlyList<NamedFile> Of(CommandLine line, IReadOnlyList<BlockNode> nodes)
    {
        var named = AsRead(Of(line), OnlyRead(line, nodes.Where(node => node.IsReadOnly).Select(node => node.NodeName))).ToList();
        var known = named.Where(file => file.Driver is not null).Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var node in nodes.Where(node => Drivers.Contains(node.Driver)))
        {
            if (PathOf(node.File) is { } path && IsCarried(path) && known.Add(path))
                named.Add(new NamedFile(node.NodeName, path, node.IsReadOnly ? FileUse.Read : FileUse.Written) { Driver = node.Driver });
        }

        return named;
    }

    /// <summary>The same; none where the command line cannot be read, which the preflight refuses for itself.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="nodes">The running QEMU's block nodes; null when they are not known yet.</param>
    internal static IReadOnlyList<NamedFile> TryOf(CommandLine line, IReadOnlyList<BlockNode>? nodes) =>
        Try(() => nodes is null ? Of(line) : Of(line, nodes));

    /// <summary>Those of a command line that was not read yet; none where it cannot be.</summary>
    /// <param name="words">Its words.</param>
    internal static IReadOnlyList<NamedFile> TryOf(IReadOnlyList<string> words) => Try(() => Of(CommandLine.Parse(words)));

    private static IReadOnlyList<NamedFile> Try(Func<IReadOnlyList<NamedFile>> find)
    {
        try
        {
            return find();
        }
        catch (CommandLineException)
        {
            return [];
        }
    }

    private static IEnumerable<NamedFile> AsRead(IEnumerable<NamedFile> files, HashSet<string> onlyRead) =>
        files.Select(file => file is { Driver: not null, Use: FileUse.Written } && onlyRead.Contains(file.Owner) ? file with { Use = FileUse.Read } : file);

    /// <summary>
    /// The nodes that nobody writes: those that say so, and what only such ones stand on. libvirt marks of read-only firmware the format alone; its file has
    /// <c>auto-read-only</c>, and QEMU opens it as its parents need it.
    /// </summary>
    private static HashSet<string> OnlyRead(CommandLine line, IEnumerable<string> locked)
    {
        var onlyRead = locked.Concat(line.All("blockdev").Where(option => option.Value.IsOn("read-only")).Select(option => option.Id ?? "")).ToHashSet(StringComparer.Ordinal);
        var parents = line.All("blockdev")
            .SelectMany(option => Children.Select(member => (Child: option.Value.Text(member), Parent: option.Id ?? "")))
            .Where(edge => edge.Child is not null).ToLookup(edge => edge.Child!, edge => edge.Parent, StringComparer.Ordinal);
        while (parents.FirstOrDefault(child => !onlyRead.Contains(child.Key) && child.All(onlyRead.Contains)) is { } found)
            onlyRead.Add(found.Key);
        return onlyRead;
    }

    private static IEnumerable<NamedFile> Images(CommandLineOption option)
    {
        if (option.Value is JsonOptionValue whole)
            return Nested(whole.ToJson(), option.Id ?? "", isReadOnly: false);
        // Keyed: a child's members have its name in front.
        return option.Value.Keys
            .Where(key => key == "filename" || key.EndsWith(".filename", StringComparison.Ordinal))
            .Select(key => (Prefix: key[..^"filename".Length], Path: option.Value.Text(key) ?? ""))
            .Select(found => (found.Path, Driver: found.Prefix.Length == 0 ? option.Kind : option.Value.Text(found.Prefix + "driver")))
            .Where(found => Drivers.Contains(found.Driver) && IsCarried(found.Path))
            .Select(found => new NamedFile(option.Id ?? "", found.Path, UseOf(found.Driver!, option.Value.IsOn("read-only"))) { Driver = found.Driver });
    }

    private static IEnumerable<NamedFile> Nested(JsonObject node, string owner, bool isReadOnly)
    {
        isReadOnly |= node["read-only"] is JsonValue flag && flag.GetValueKind() == JsonValueKind.True;
        if (Text(node, "driver") is { } driver && Drivers.Contains(driver) && Text(node, "filename") is { } path && IsCarried(path))
            yield return new NamedFile(Text(node, "node-name") ?? owner, path, UseOf(driver, isReadOnly)) { Driver = driver };
        // A backing image is never written unless it says so itself; everything else is as its parent.
        foreach (var (name, child) in node.Where(member => member.Value is JsonObject))
        {
            foreach (var file in Nested((JsonObject)child!, owner, isReadOnly || name == "backing"))
                yield return file;
        }
    }

    private static FileUse UseOf(string driver, bool isReadOnly) => isReadOnly || driver == "host_cdrom" ? FileUse.Read : FileUse.Written;

    private static string? Text(JsonObject node, string member) =>
        node[member] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static IEnumerable<NamedFile> LoadedFiles(CommandLine line, string option, string member) => line.All(option)
        .Select(found => member.Length == 0 ? found.Argument : member == "file" && option == "device" && found.Kind != "loader" ? null : found.Value.Text(member))
        // A bare name is looked up among QEMU's own files, which belong to its version.
        .Where(path => path is not null && IsCarried(path))
        .Select(path => new NamedFile(member.Length == 0 ? $"-{option}" : $"-{option} {member}=", path!, FileUse.Loaded));

    /// <summary>A node's file: a plain name, or options of which the name is one.</summary>
    private static string? PathOf(string file)
    {
        if (!file.StartsWith("json:", StringComparison.Ordinal))
            return file;
        try
        {
            return Text(new JsonOptionValue(file["json:".Length..]).ToJson(), "filename");
        }
        catch (CommandLineException)
        {
            return null; // twice the same member, or text that is not Unicode
        }
    }

    // A descriptor that was passed is carried as a descriptor.
    private static bool IsCarried(string path) =>
        path.StartsWith('/') && !path.StartsWith("/dev/fdset/", StringComparison.Ordinal) && !path.StartsWith("/proc/self/fd/", StringComparison.Ordinal);
}
