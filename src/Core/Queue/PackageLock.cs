using System.Runtime.InteropServices;
using VirtHandover.Queue.Interop;

namespace VirtHandover.Queue;

/// <summary>A lock file of a package manager: rpm and dpkg both take a write lock of <c>fcntl</c>'s on it while they work.</summary>
internal static class PackageLock
{
    /// <summary>Whether another process holds a lock on a file; this process takes none, and so disturbs nobody.</summary>
    /// <param name="path">The file; a missing one is not locked.</param>
    /// <returns>True when it is locked.</returns>
    internal static bool IsHeld(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return LibC.lockf(file, LibC.F_TEST, 0) != 0 && Marshal.GetLastPInvokeError() is LibC.EACCES or LibC.EAGAIN;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
