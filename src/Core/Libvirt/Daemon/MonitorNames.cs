using VirtHandover.Foreign;
using VirtHandover.Linux;

namespace VirtHandover.Libvirt;

/// <summary>
/// The names by which libvirt's daemon finds the VMs' monitors when it starts. A VM's directory is its QEMU's: one that puts a link in its monitor's
/// place has the daemon speak to another VM's monitor, and believe that it is its own (<c>qemuMonitorOpen</c> follows it). Every start of libvirt does
/// that; ours does not, as far as the link is there in that moment.
/// </summary>
internal static class MonitorNames
{
    private const string Monitor = "monitor.sock";

    /// <summary>A VM's directory: <c>domain-ID-NAME</c>.</summary>
    private const string Prefix = "domain-";

    private const int Most = 100_000;

    /// <summary>Takes their names from links. libvirt is down. Never throws: libvirt has to come back.</summary>
    /// <param name="paths">Where libvirt's files are.</param>
    internal static void RemoveLinks(LibvirtPaths paths)
    {
        try
        {
            using var all = HeldDirectory.Open(paths.DomainDirectories);
            foreach (var name in all.Names(Most).Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
                RemoveLink(all, name);
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException)
        {
            Said.Error($"Whether the monitors of libvirt's VMs are sockets could not be looked at: {exception.Message}", priority: 4);
        }
    }

    private static void RemoveLink(HeldDirectory all, string name)
    {
        try
        {
            if (all.Look(name) is { IsSymbolicLink: true })
            {
                Remove(all, name);
                return;
            }

            using var vm = HeldDirectory.Open($"{all.Path}/{name}");
            if (vm.Look(Monitor) is { IsSymbolicLink: true })
                Remove(vm, Monitor);
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException)
        {
            // Its VM ends in this moment, or its owner plays with it: what is no directory leads libvirt nowhere.
        }
    }

    private static void Remove(HeldDirectory directory, string name)
    {
        _ = directory.Remove(name);
        Said.Error(
            $"{ForeignText.Escape($"{directory.Path}/{name}")} was a symbolic link, which libvirt's daemon would have followed to another VM's monitor; it was removed. "
            + "libvirt ends the VM that it was of, whose QEMU has put it there or let it be put there.",
            priority: 3);
    }
}
