using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;

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

    /// <summary>How many names it has.</summary>
    public uint Links { get; init; }

    /// <summary>Which device it is; zero for a file that is none.</summary>
    public DeviceNumber RawDevice { get; init; }

    /// <summary>When its inode was made, ns since 1970; null where the file system does not say.</summary>
    public long? BornNanoseconds { get; init; }

    /// <summary>True for a regular file.</summary>
    public bool IsRegular => (Mode & 0xf000) == 0x8000;

    /// <summary>True for a directory.</summary>
    public bool IsDirectory => (Mode & 0xf000) == 0x4000;

    /// <summary>True for a UNIX socket, its name in a file system or the socket itself.</summary>
    public bool IsSocket => (Mode & 0xf000) == 0xc000;

    /// <summary>True for a symbolic link.</summary>
    public bool IsSymbolicLink => (Mode & 0xf000) == 0xa000;

    /// <summary>True for a block device.</summary>
    public bool IsBlockDevice => (Mode & 0xf000) == 0x6000;

    /// <summary>True when someone may execute it.</summary>
    public bool IsExecutable => (Mode & 0x49) != 0;

    /// <summary>Follows symbolic links, procfs's too, and looks at the file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Null when there is none, or when it may not be looked at.</returns>
    public static unsafe FileIdentity? Of(string path)
    {
        Libc.statx_t data;
        return Libc.statx(Libc.AT_FDCWD, path, 0, Libc.STATX_BASIC_STATS | Libc.STATX_BTIME, &data) == 0 ? From(data) : null;
    }

    /// <summary>Looks at an open file.</summary>
    /// <param name="descriptor">The descriptor; <c>O_PATH</c> will do.</param>
    /// <returns>Null when it may not be looked at.</returns>
    public static unsafe FileIdentity? Of(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        Libc.statx_t data;
        return Libc.statx((int)descriptor.DangerousGetHandle(), "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS | Libc.STATX_BTIME, &data) == 0
            ? From(data)
            : null;
    }

    /// <summary>True when both are one file: one inode, or one device under any number of names.</summary>
    /// <param name="other">The other.</param>
    public bool IsSameFile(FileIdentity other) => (Mode & 0xf000) == (other.Mode & 0xf000)
        && (IsBlockDevice ? RawDevice == other.RawDevice : Device == other.Device && Inode == other.Inode);

    /// <summary>What <see cref="IsSameFile"/> goes by, as text.</summary>
    public string Key => IsBlockDevice
        ? string.Create(CultureInfo.InvariantCulture, $"block {RawDevice.Major}:{RawDevice.Minor}")
        : string.Create(CultureInfo.InvariantCulture, $"{Mode >> 12} {Device.Major}:{Device.Minor} {Inode}");

    private static FileIdentity From(in Libc.statx_t data)
    {
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
            Links = data.stx_nlink,
            RawDevice = new DeviceNumber(data.stx_rdev_major, data.stx_rdev_minor),
            BornNanoseconds = (data.stx_mask & Libc.STATX_BTIME) != 0 ? Nanoseconds(data.stx_btime) : null,
        };
    }

    private static long Nanoseconds(Libc.statx_timestamp time) => unchecked((time.tv_sec * 1_000_000_000) + time.tv_nsec);
}
