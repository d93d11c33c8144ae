using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>Follows a path as another process does: in its mount namespace, from its root.</summary>
public static class PathOfProcess
{
    private const int Tries = 10;

    /// <summary>Looks at what a path names there. Opens nothing, and asks with this process's rights, not with that one's.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="path">An absolute path.</param>
    /// <param name="error">Why there is no answer (errno); 0 when there is one.</param>
    /// <returns>The file; null when there is none, or it may not be looked at.</returns>
    public static FileIdentity? LookUp(int processId, string path, out int error)
    {
        ArgumentNullException.ThrowIfNull(path);
        var root = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/root");
        using var directory = Libc.Own(Libc.open(root, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0));
        if (directory.IsInvalid)
        {
            error = Marshal.GetLastPInvokeError();
            return null;
        }

        using var file = Open(directory, path.TrimStart('/'), out error);
        if (file.IsInvalid)
            return null;
        var found = FileIdentity.Of(file);
        error = found is null ? Libc.EACCES : 0;
        return found;
    }

    /// <summary>True for the errors that mean: nothing has that name.</summary>
    /// <param name="error">The errno.</param>
    public static bool IsMissing(int error) => error is Libc.ENOENT or Libc.ENOTDIR;

    // With this an absolute symbolic link starts at that root and not at ours.
    private static unsafe SafeFileHandle Open(SafeFileHandle root, string path, out int error)
    {
        var how = new Libc.open_how { flags = Libc.O_PATH | Libc.O_CLOEXEC, resolve = Libc.RESOLVE_IN_ROOT };
        var name = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            var result = -1;
            error = Libc.EAGAIN;
            // A rename somewhere on the way: the kernel asks to be asked again.
            for (var left = Tries; result < 0 && error == Libc.EAGAIN && left > 0; left--)
            {
                result = (int)Libc.syscall(Libc.SYS_openat2, root.DangerousGetHandle(), name, (nint)(&how), sizeof(Libc.open_how));
                error = result < 0 ? Marshal.GetLastPInvokeError() : 0;
            }

            return Libc.Own(result);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }
}
