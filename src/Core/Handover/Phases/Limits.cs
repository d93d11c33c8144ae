namespace VirtHandover.Handover.Phases;

/// <summary>How long each wait of a handover may take. Past it the handover is undone, or after the commit an alarm raised.</summary>
internal static class Limits
{
    /// <summary>Looking at the source before anything is done; the questions to its monitor have limits of their own.</summary>
    internal static readonly TimeSpan Begin = TimeSpan.FromSeconds(60);

    /// <summary>From starting the new QEMU to its monitor's greeting.</summary>
    internal static readonly TimeSpan TargetStart = TimeSpan.FromSeconds(30);

    /// <summary>One monitor command while the guest runs.</summary>
    internal static readonly TimeSpan Command = TimeSpan.FromSeconds(10);

    /// <summary>The first answer of a QEMU that an administrator says is well again.</summary>
    internal static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    /// <summary>Writing the host's cache of the disks out before libvirt is stopped; past it the handover goes on.</summary>
    internal static readonly TimeSpan DiskFlush = TimeSpan.FromSeconds(30);

    /// <summary>The same once more, while libvirt is away.</summary>
    internal static readonly TimeSpan LastDiskFlush = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The libvirt daemon's end; past it the daemon is killed. It takes tenths of a second, and what is left of <c>MaxOutage=</c> has to suffice for the guests.
    /// </summary>
    internal static readonly TimeSpan DaemonStop = TimeSpan.FromSeconds(8);

    /// <summary>From starting the libvirt daemon to its first answer.</summary>
    internal static readonly TimeSpan DaemonStart = TimeSpan.FromSeconds(60);

    /// <summary>The kernel's cleaning up after SIGKILL; a large guest's private memory takes a while to free.</summary>
    internal static readonly TimeSpan ProcessEnd = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long libvirt stays away, for all VMs, while the old QEMU of one refuses to continue its guest. Past it libvirt comes back and finds
    /// that VM paused.
    /// </summary>
    internal static readonly TimeSpan Revival = TimeSpan.FromSeconds(10);
}
