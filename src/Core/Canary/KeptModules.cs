using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Handover;

namespace VirtHandover.Canary;

/// <summary>
/// The modules of the QEMUs that are installed, kept for the time when a package manager has taken them away. A running QEMU has mapped the
/// few that it uses, and those the kernel keeps; libvirt asks a QEMU that it starts for more: also under KVM it has to be able to emulate, and
/// Debian's 7.2 has that in a module.
/// </summary>
/// <param name="directory">Where they are kept: a directory that the QEMU user may enter.</param>
internal sealed class KeptModules(string directory)
{
    /// <summary>Bytes of one file, and number of files; real ones have a few MiB at most, and there are some tens.</summary>
    private const long MaxSize = 64L << 20;
    private const int MaxFiles = 300;

    /// <summary>The tree in which a build's modules lie, laid out as the original.</summary>
    /// <param name="build">The QEMU.</param>
    /// <returns>A directory; null when they were not kept.</returns>
    internal string? Of(QemuBuild build) => Directory.Exists(Tree(build)) ? Tree(build) : null;

    /// <summary>Keeps the modules of builds that are on disk, and forgets those of all but the builds that are still of use.</summary>
    /// <param name="installed">What is on disk.</param>
    /// <param name="running">What runs.</param>
    /// <exception cref="IOException">They cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    internal void Keep(IReadOnlyCollection<QemuBuild> installed, IEnumerable<QemuBuild> running)
    {
        foreach (var build in installed.Where(build => build.BuildId.Length > 0 && Of(build) is null))
            Keep(build);
        if (!Directory.Exists(directory))
            return;
        var wanted = installed.Concat(running).Select(Tree).ToHashSet(StringComparer.Ordinal);
        foreach (var tree in Directory.EnumerateDirectories(directory).Where(tree => !wanted.Contains(tree)).ToList())
            Directory.Delete(tree, recursive: true);
    }

    private string Tree(QemuBuild build) => Path.Combine(directory, build.BuildId.Replace(':', '-'));

    private void Keep(QemuBuild build)
    {
        var tree = Tree(build);
        var part = tree + ".new";
        if (Directory.Exists(part))
            Directory.Delete(part, recursive: true);
        SavedQemu.MakeDirectory(part);
        var files = SavedQemu.ModuleDirectories(build.Path).SelectMany(modules => Directory.EnumerateFiles(modules, "*.so")).Take(MaxFiles);
        foreach (var file in files.Where(file => new FileInfo(file) is { LinkTarget: null, Length: <= MaxSize }))
            _ = SavedQemu.Copy(file, part, file);
        // A package manager that was at work meanwhile may have brought others.
        if (new FileBuilds().Of(build.Path) == build.BuildId)
            Directory.Move(part, tree);
        else
            Directory.Delete(part, recursive: true);
    }
}
