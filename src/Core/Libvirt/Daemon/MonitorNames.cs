using Serilog;
using VirtHandover.Linux;
using VirtHandover.Logging;

namespace VirtHandover.Libvirt;

/// <summary>
/// The names by which libvirt's daemon finds the VMs' monitors when it starts. A VM's directory is its QEMU's: one that puts a symbolic link in its
/// monitor's place has the daemon speak to another VM's monitor, and believe that it is its own (<c>qemuMonitorOpen</c> follows it). Every start of
/// libvirt does that; ours does not, as far as the link is there in that moment.
/// </summary>
internal static class MonitorNames
{
    /// <summary>Takes their names from links. libvirt is down. Never throws: libvirt has to come back.</summary>
    /// <param name="paths">Where libvirt's files are; its status files are root's, and name what the daemon will open.</param>
    /// <param name="log">The log.</param>
    internal static void RemoveLinks(LibvirtPaths paths, ILogger log)
    {
        foreach (var monitor in StatusFile.Monitors(paths))
        {
            try
            {
                RemoveLink(Path.GetDirectoryName(monitor)!, Path.GetFileName(monitor), log);
            }
            catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                // Its VM ends in this moment, or its owner plays with it: what is no directory leads libvirt nowhere.
            }
        }
    }

    private static void RemoveLink(string vm, string name, ILogger log)
    {
        using (var above = HeldDirectory.Open(Path.GetDirectoryName(vm)!))
        {
            if (above.Look(Path.GetFileName(vm)) is { IsSymbolicLink: true })
            {
                Remove(above, Path.GetFileName(vm), log);
                return;
            }
        }

        using var directory = HeldDirectory.Open(vm);
        if (directory.Look(name) is { IsSymbolicLink: true })
            Remove(directory, name, log);
    }

    private static void Remove(HeldDirectory directory, string name, ILogger log)
    {
        var isGone = directory.Remove(name);
        log.ForContext(new About(MessageKind.MonitorLink)).Error(
            "{Link} {Is} a symbolic link, which libvirt's daemon would follow to another VM's monitor; {Then}",
            $"{directory.Path}/{name}",
            isGone ? "was" : "is",
            isGone ? "it was removed. libvirt ends the VM that it was of, whose QEMU has put it there or let it be put there." : "it could not be removed.");
    }
}
