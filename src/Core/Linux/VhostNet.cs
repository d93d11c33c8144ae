using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>vhost-net: the kernel moves a network card's frames, with a worker for each queue that belongs to the one process which makes it its own.</summary>
public static class VhostNet
{
    private const string Device = "/dev/vhost-net";

    /// <summary>
    /// Opens the device for one queue. The worker is made when QEMU takes the descriptor (<c>VHOST_SET_OWNER</c>), in the control groups in
    /// which that QEMU is then. A copy that is kept open here keeps that QEMU's memory from being freed when it ends.
    /// </summary>
    /// <returns>A descriptor without an owner; the caller disposes it.</returns>
    /// <exception cref="LinuxException">The host has no vhost-net any more.</exception>
    public static SafeFileHandle Open() =>
        Libc.Own(Libc.Check(Libc.open(Device, Libc.O_RDWR | Libc.O_CLOEXEC, 0), $"{Device}, which the VM's network cards use, cannot be opened"));
}
