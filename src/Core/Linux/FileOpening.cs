using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>Tries whether this process may open a file, and leaves no trace: nothing is made, emptied or locked.</summary>
public static class FileOpening
{
    /// <summary>Opens a file and closes it again.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">For reading and writing; otherwise for reading.</param>
    /// <returns>0, or why not (errno).</returns>
    /// <remarks>
    /// A block device is asked for its permission to write and opened for reading only: when one that was open for writing is closed,
    /// udev takes it for changed and probes it anew. What is neither file nor block device is not opened at all.
    /// </remarks>
    public static int Try(string path, bool write)
    {
        var file = FileIdentity.Of(path);
        if (file is { IsRegular: false })
        {
            if (Libc.faccessat(Libc.AT_FDCWD, path, write ? Libc.W_OK | Libc.R_OK : Libc.R_OK, Libc.AT_EACCESS) != 0)
                return Marshal.GetLastPInvokeError();
            if (!file.Value.IsBlockDevice)
                return 0;
            write = false;
        }

        using var opened = Libc.Own(Libc.open(
            path, (write ? Libc.O_RDWR : Libc.O_RDONLY) | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC, 0));
        return opened.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>The text of an errno.</summary>
    /// <param name="error">The errno.</param>
    public static string Text(int error) => Marshal.GetPInvokeErrorMessage(error);
}
