using System.Runtime.InteropServices;

namespace VirtHandover.Tui;

/// <summary>Ends the program without running anything any more, where an orderly end hangs.</summary>
internal static partial class ProcessExit
{
    internal static void Now(int code) => _exit(code);

    [LibraryImport("libc")]
    private static partial void _exit(int status);
}
