using VirtHandover.Foreign;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>Finds the libraries and modules that a process still uses in a version that is not on disk any more.</summary>
/// <remarks>The logic is needrestart's (executable mappings that are deleted, or are another file than the one on disk), but a
/// file that was replaced by the same build does not count.</remarks>
internal sealed class LibraryCheck(ProcRoot proc, FileBuilds builds)
{
    /// <summary>More than a QEMU has; the rest says nothing new.</summary>
    private const int MostReplaced = 4 * ForeignBounds.Paths;

    private static readonly string[] NotLibraries = ["/memfd:", "/dev/", "/run/", "/SYSV", "/anon_hugepage", "/[", "["];

    /// <summary>Looks at a process.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="root">How its root directory is reached from here.</param>
    /// <param name="executable">Its program in that root; not a library.</param>
    /// <returns>The replaced files in the process's paths, sorted.</returns>
    /// <exception cref="ProcException">The process has ended, or may not be read.</exception>
    public IReadOnlyList<string> FindReplaced(int processId, string root, string executable)
    {
        FileIdentity? program = FileIdentity.Of(proc.File(processId, "exe"));
        var replaced = new SortedSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (ProcessMapping mapping in ProcessMaps.Read(proc, processId))
        {
            if (mapping.IsExecutable
                && mapping.Inode != 0
                && mapping.Path.StartsWith('/')
                && mapping.Path != executable
                && (mapping.Inode, mapping.Device) != (program?.Inode, program?.Device)
                && !NotLibraries.Any(prefix => mapping.Path.StartsWith(prefix, StringComparison.Ordinal))
                && replaced.Count < MostReplaced
                && seen.Add(mapping.Path)
                && IsReplaced(processId, root, mapping))
            {
                replaced.Add(mapping.Path);
            }
        }

        return [.. replaced];
    }

    private bool IsReplaced(int processId, string root, ProcessMapping mapping)
    {
        // btrfs and overlayfs show another device in maps than in stat(2); the link to the mapped file itself does not.
        // It takes CAP_CHECKPOINT_RESTORE; without that, what looks replaced counts as replaced.
        string mapped = proc.File(processId, $"map_files/{mapping.MapFile}");
        FileIdentity? running = FileIdentity.Of(mapped);
        if (running is { } own && TrustedFile.Objection(own) is not null)
        {
            // Not what a package manager brought: the process's own affair, and not to be read.
            return false;
        }

        string onDisk = root + mapping.Path;
        if (FileIdentity.Of(onDisk) is not { } disk)
        {
            return true;
        }

        if (!mapping.IsDeleted && disk.Inode == mapping.Inode && disk.Device == mapping.Device)
        {
            return false;
        }

        if (running is not { } kept)
        {
            return true;
        }

        bool sameFile = kept.Inode == disk.Inode && kept.Device == disk.Device;
        return !sameFile && (builds.Of(mapped) is not { } old || old != builds.Of(onDisk));
    }
}
