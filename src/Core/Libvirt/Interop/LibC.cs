using System.Runtime.InteropServices;

namespace VirtHandover.Libvirt.Interop;

/// <summary>What .NET has no way for: syncing a directory and giving a file to its owner.</summary>
internal static partial class LibC
{
    // open(2) is variadic; opendir(3) is not, and gives a descriptor as well.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint opendir(string name);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int dirfd(nint dirp);

    [LibraryImport("libc")]
    internal static partial int closedir(nint dirp);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchown(int fd, uint owner, uint group);
}
