using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// The locks that a QEMU has on an image that it writes to and shares with no other writer, held by this process: no QEMU and no <c>qemu-img</c>
/// then opens the image for writing. They are what QEMU's <c>block/file-posix.c</c> calls <c>RAW_LOCK_PERM_BASE</c> and <c>RAW_LOCK_SHARED_BASE</c>.
/// </summary>
internal sealed class ImageLock : IDisposable
{
    private const long Write = 1;
    private const long PermissionBase = 100;
    private const long SharedBase = 200;

    private readonly SafeFileHandle _file;

    private ImageLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes them, beside those of the QEMU that has the image open. Nothing is read or written.</summary>
    /// <param name="path">The image, a file or a block device.</param>
    /// <returns>The locks; null when it is neither, cannot be opened, or another process has it for itself alone.</returns>
    internal static ImageLock? TryTake(string path)
    {
        // Looked at first, and what was looked at is what is opened: opening a FIFO or another device does something.
        var found = Libc.open(path, Libc.O_PATH | Libc.O_CLOEXEC, 0);
        if (found < 0)
            return null;
        using var place = Libc.Own(found);
        if (FileIdentity.Of(place) is not ({ IsRegular: true } or { IsBlockDevice: true }))
            return null;
        var fd = Libc.open($"/proc/self/fd/{found}", Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
            return null;
        var file = Libc.Own(fd);
        if (TryShare(fd, PermissionBase + Write) && TryShare(fd, SharedBase + Write))
            return new ImageLock(file);
        file.Dispose();
        return null;
    }

    /// <summary>Gives them back.</summary>
    public void Dispose() => _file.Dispose();

    private static bool TryShare(int fd, long at)
    {
        var request = new Libc.flock { l_type = Libc.F_RDLCK, l_start = at, l_len = 1 };
        return Libc.fcntl_lock(fd, Libc.F_OFD_SETLK, ref request) == 0;
    }
}
