using System.Runtime.InteropServices;

namespace VirtHandover.Hook.Interop;

/// <summary>What .NET has no word for.</summary>
internal static partial class Libc
{
    private const int O_WRONLY = 1, O_CLOEXEC = 0x80000;

    [LibraryImport("libc")]
    internal static partial void _exit(int status);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int dup2(int from, int to);

    /// <summary>Nothing may reach the package manager's output, not even the runtime's last words.</summary>
    internal static void SilenceOutput()
    {
        var nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (nowhere < 0)
            return;
        _ = dup2(nowhere, 1);
        _ = dup2(nowhere, 2);
    }
}
