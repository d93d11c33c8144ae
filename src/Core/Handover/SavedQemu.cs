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

    /// <summary>Replaced libraries and modules that are copied; a QEMU has some hundred mapped.</summary>
    private const int MostFiles = 1000;

    private static readonly string[] s_moduleDirectories = ["qemu", "qemu-kvm"];

    /// <summary>The path that a process was started from, also when its file has been replaced.</summary>
    /// <exception cref="ProcException">The process has ended.</exception>
    internal static string PathOf(int process) => InstalledProgram.WithoutMark(ProcFile.ReadLink(ProcRoot.Host.File(process, "exe")));

    /// <summary>Writes the tree.</summary>
    /// <param name="process">The running QEMU.</param>
    /// <param name="program">The path that it was started from.</param>
    /// <param name="tree">The directory to write to; it is made.</param>
    /// <param name="modules">A tree with modules of the same build; null when none were kept.</param>
    /// <returns>The program in the tree.</returns>
    /// <exception cref="IOException">It cannot be written, or the process has ended.</exception>
    /// <exception cref="ProcException">The process has ended.</exception>
    internal static string Save(ProcessIdentity process, string program, string tree, string? modules = null)
    {
        var saved = Copy(ProcRoot.Host.File(process.ProcessId, "exe"), tree, program);
        // Of a QEMU that lies there may be any number.
        foreach (var file in Replaced(process.ProcessId).Where(file => file.Path != program).Take(MostFiles))
            _ = Copy(ProcRoot.Host.File(process.ProcessId, "map_files/" + file.MapFile), tree, file.Path);
        if (!process.Exists(ProcRoot.Host))
            throw new IOException($"Process {process.ProcessId} ended while its QEMU was copied.");
        if (modules is not null)
        {
            foreach (var file in Directory.EnumerateFiles(modules, "*", SearchOption.AllDirectories))
            {
                var path = file[modules.Length..];
                if (!File.Exists(tree + path))
                    _ = Copy(file, tree, path);
            }
        }

        // Not the modules that the host has now: those are another build's, and QEMU 7.2 aborts when it comes upon one.
        foreach (var directory in ModuleDirectories(program))
            MakeDirectory(tree + directory);
        // What is not copied is the host's: firmware, for example, in share/qemu beside the program's directory, and ROMs in lib beside its modules.
        LinkRest(tree, Path.GetDirectoryName(Path.GetDirectoryName(program)) ?? "/");
        return saved;
    }

    /// <summary>The directories in which QEMU looks for its modules, relative to its own: what distributions call them.</summary>
    /// <param name="program">The program, absolute.</param>
    internal static IEnumerable<string> ModuleDirectories(string program)
    {
        var prefix = Path.GetDirectoryName(Path.GetDirectoryName(program)) ?? "/";
        foreach (var library in Directory.EnumerateDirectories(prefix, "lib*").Where(IsReal))
        {
            foreach (var parent in Directory.EnumerateDirectories(library, "*-linux-*").Where(IsReal).Prepend(library))
            {
                foreach (var modules in s_moduleDirectories.Select(name => Path.Combine(parent, name)).Where(Directory.Exists))
                    yield return modules;
            }
        }

        static bool IsReal(string path) => new DirectoryInfo(path).LinkTarget is null;
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

    /// <summary>Copies a file of root's into the tree.</summary>
    /// <param name="from">The file.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="path">Its path within the tree, absolute.</param>
    /// <returns>The copy.</returns>
    /// <exception cref="IOException">It is not a file of root's, or cannot be read or written.</exception>
    internal static string Copy(string from, string tree, string path)
    {
        // A guest may have taken its QEMU over and mapped what it likes; what the package manager brought is root's.
        using var file = TrustedFile.Open(from).File;
        var to = tree + path;
        MakeDirectory(Path.GetDirectoryName(to)!);
        using (var copy = new FileStream(to, FileMode.CreateNew, FileAccess.Write))
            file.CopyTo(copy);
        File.SetUnixFileMode(to, Mode);
        return to;
    }
}
