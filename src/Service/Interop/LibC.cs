using System.Runtime.InteropServices;

namespace VirtHandover.Service.Interop;

internal static partial class LibC
{
    [LibraryImport("libc")]
    internal static partial uint geteuid();
}
