using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VirtHandover.Queue.Interop;

/// <summary>lockf(3): the face of <c>fcntl(F_GETLK)</c> that is not variadic.</summary>
internal static partial class LibC
{
    internal const int F_TEST = 3;
    internal const int EACCES = 13;
    internal const int EAGAIN = 11;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int lockf(SafeFileHandle fd, int cmd, nint len);
}
