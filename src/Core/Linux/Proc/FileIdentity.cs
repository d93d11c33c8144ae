using VirtHandover.Linux.Proc.Interop;

namespace VirtHandover.Linux.Proc;

/// <summary>What stat(2) says about a file; equal values mean the same unchanged file.</summary>
/// <param name="Device">The device.</param>
/// <param name="Inode">The inode.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="ModifiedNanoseconds">Time of the last write, ns since 1970.</param>
/// <param name="ChangedNanoseconds">Time of the last change of the inode, ns since 1970.</param>
public readonly record struct FileIdentity(
    DeviceNumber Device, ulong Inode, long Size, long ModifiedNanoseconds, long ChangedNanoseconds)
{
    /// <summary>Type and permission bits.</summary>
    public required ushort Mode { get; init; }

    /// <summary>The owner.</summary>
    public required uint UserId { get; init; }

    /// <summary>The owning group.</summary>
    public required uint GroupId { get; init; }

    /// <summary>True for a regular file.</summary>
    public bool IsRegular => (Mode & 0xf000) == 0x8000;

    /// <summary>True when someone may execute it.</summary>
    public bool IsExecutable => (Mode & 0x49) != 0;

    /// <summary>Follows symbolic links, procfs's too, and looks at the file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Null when there is none, or when it may not be looked at.</returns>
    public static unsafe FileIdentity? Of(string path)
    {
        LibC.statx_t data;
        if (LibC.statx(LibC.AT_FDCWD, path, 0, LibC.STATX_BASIC_STATS, &data) != 0)
        {
            return null;
        }

        return new FileIdentity(
            new DeviceNumber(data.stx_dev_major, data.stx_dev_minor),
            data.stx_ino,
            (long)data.stx_size,
            Nanoseconds(data.stx_mtime),
            Nanoseconds(data.stx_ctime))
        {
            Mode = data.stx_mode,
            UserId = data.stx_uid,
            GroupId = data.stx_gid,
        };
    }

    private static long Nanoseconds(LibC.statx_timestamp time) => unchecked((time.tv_sec * 1_000_000_000) + time.tv_nsec);
}
