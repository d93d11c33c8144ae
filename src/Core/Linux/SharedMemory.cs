using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>Memory with no name in any file system (memfd); it lives as long as somebody maps it or holds it open.</summary>
public static class SharedMemory
{
    /// <summary>Creates it, zeroed and not yet allocated.</summary>
    /// <param name="name">Shown in <c>/proc/PID/maps</c>.</param>
    /// <param name="bytes">Its size in bytes.</param>
    /// <returns>The descriptor; close-on-exec.</returns>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static SafeHandle Create(string name, long bytes)
    {
        var handle = Libc.Own(Libc.Check(Libc.memfd_create(name, Libc.MFD_CLOEXEC), $"Shared memory for {name} cannot be created"));
        _ = Libc.Check(Libc.ftruncate((int)handle.DangerousGetHandle(), bytes), $"Shared memory of {bytes} bytes for {name} cannot be created");
        return handle;
    }
}
