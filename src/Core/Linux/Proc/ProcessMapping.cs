namespace VirtHandover.Linux.Proc;

/// <summary>One line of <c>/proc/PID/maps</c>.</summary>
/// <param name="Start">First address.</param>
/// <param name="End">Address after the last.</param>
/// <param name="Permissions">Four characters, for example <c>r-xp</c>; <c>s</c> in the last place is a shared mapping.</param>
/// <param name="Device">Major and minor number of the file's device as the kernel knows it; stat(2) may show another one (btrfs, overlayfs).</param>
/// <param name="Inode">The file's inode; 0 for anonymous memory.</param>
/// <param name="Path">The file, without the mark of a deleted one; empty for anonymous memory.</param>
/// <param name="IsDeleted">The file has no name any more.</param>
public readonly record struct ProcessMapping(
    ulong Start, ulong End, string Permissions, DeviceNumber Device, ulong Inode, string Path, bool IsDeleted)
{
    /// <summary>Code can be run from it.</summary>
    public bool IsExecutable => Permissions[2] == 'x';

    /// <summary>Writes go to the file.</summary>
    public bool IsShared => Permissions[3] == 's';

    /// <summary>Size in bytes.</summary>
    public ulong Length => End - Start;

    /// <summary>Its name below <c>/proc/PID/map_files</c>.</summary>
    public string MapFile => FormattableString.Invariant($"{Start:x}-{End:x}");
}
