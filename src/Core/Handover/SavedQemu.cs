using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover;

/// <summary>
/// The QEMU of a running process as files again: the package manager has taken their names away, but the kernel keeps them as long
/// as the process runs. QEMU looks for its modules and firmware relative to its own path, so the tree is laid out as the original.
/// </summary>
internal static class SavedQemu
{
    // Everybody may enter: the QEMU user has to.
    private const UnixFileMode Mode = (UnixFileMode)0x1ed;

    /// <summary>Bytes; real emulators have some ten million.</summary>
    private const long MaxSize = 512L << 20;

    /// <summary>The path that a process was started from, also when its file has been replaced.</summary>
    /// <exception cref="ProcException">The process has ended.</exception>
    internal static string PathOf(int process) => InstalledProgram.WithoutMark(ProcFile.ReadLink(ProcRoot.Host.File(process, "exe")));

    /// <summary>Writes the tree.</summary>
    /// <param name="process">The running QEMU.</param>
    /// <param name="program">The path that it was started from.</param>
    /// <param name="tree">The directory to write to; it is made.</param>
    /// <returns>The program in the tree.</returns>
    /// <exception cref="IOException">It cannot be written, or the process has ended.</exception>
    /// <exception cref="ProcException">The process has ended.</exception>
    internal static string Save(ProcessIdentity process, string program, string tree)
    {
        var saved = Copy(ProcRoot.Host.File(process.ProcessId, "exe"), tree, program);
        foreach (var file in Replaced(process.ProcessId).Where(file => file.Path != program))
            _ = Copy(ProcRoot.Host.File(process.ProcessId, "map_files/" + file.MapFile), tree, file.Path);
        if (!process.Exists(ProcRoot.Host))
            throw new IOException($"Process {process.ProcessId} ended while its QEMU was copied.");
        // What is not copied is the host's: firmware, for example, in share/qemu beside the program's directory, and ROMs in lib beside its modules.
        LinkRest(tree, Path.GetDirectoryName(Path.GetDirectoryName(program)) ?? "/");
        return saved;
    }

    private static void LinkRest(string tree, string directory)
    {
        foreach (var entry in Directory.EnumerateDirectories(directory))
        {
            if (!Path.Exists(tree + entry))
                _ = File.CreateSymbolicLink(tree + entry, entry);
            else if (new DirectoryInfo(tree + entry).LinkTarget is null)
                LinkRest(tree, entry);
        }
    }

    /// <summary>Makes a directory that the QEMU user may enter, and those above it that are missing.</summary>
    /// <param name="path">The directory.</param>
    internal static void MakeDirectory(string path)
    {
        if (Directory.Exists(path))
            return;
        MakeDirectory(Path.GetDirectoryName(path)!);
        _ = Directory.CreateDirectory(path);
        // Not by the call itself: the service's umask would take it away again.
        File.SetUnixFileMode(path, Mode);
    }

    private static IEnumerable<ProcessMapping> Replaced(int processId) => ProcessMaps.Read(ProcRoot.Host, processId)
        .Where(mapping => mapping is { IsDeleted: true, IsExecutable: true, Inode: > 0 } && mapping.Path.StartsWith("/usr/", StringComparison.Ordinal))
        .DistinctBy(mapping => mapping.Path);

    private static string Copy(string from, string tree, string path)
    {
        // A guest may have taken its QEMU over and mapped what it likes; what the package manager brought is root's.
        if (FileIdentity.Of(from) is not { IsRegular: true, UserId: 0, Size: <= MaxSize })
            throw new IOException($"{path}, which the old QEMU runs from, is not a file of root's.");
        var to = tree + path;
        MakeDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to);
        File.SetUnixFileMode(to, Mode);
        return to;
    }
}
