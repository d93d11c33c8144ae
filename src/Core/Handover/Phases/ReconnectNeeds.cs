using System.Diagnostics;
using VirtHandover.Foreign;
using VirtHandover.Libvirt;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// What libvirt needs of the host to take its VMs back after it was away. It kills a VM of which something is missing (<c>qemuProcessReconnect</c>), be it
/// the one that was handed over or any other. Every restart of libvirt does that; ours does not. Looked at is what nobody but root can take away: a QEMU
/// that removes its own monitor's socket or master key ends itself alone, and must not keep all others from being handed over.
/// </summary>
internal static class ReconnectNeeds
{
    /// <summary>All VMs' volumes together; one is looked up in some ms.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    /// <summary>Looks for it; libvirt is up.</summary>
    /// <param name="paths">Where libvirt keeps its status files.</param>
    /// <param name="libvirt">A connection, which is asked only for VMs with disks of type <c>volume</c>.</param>
    /// <returns>What is missing, of which VM and what to do, to follow "because"; null when nothing is.</returns>
    /// <exception cref="LibvirtException">libvirt is away.</exception>
    internal static async Task<string?> MissingAsync(LibvirtPaths paths, LibvirtConnection libvirt)
    {
        var since = Stopwatch.GetTimestamp();
        foreach (var status in StatusFile.ReadAll(paths))
        {
            foreach (var (pool, volume) in status.Domain.VolumesToLookUp)
            {
                if (Stopwatch.GetElapsedTime(since) > s_longest)
                    return $"libvirt takes too long to look up volumes of storage pools (VM {status.Name}); look for a pool that hangs (virsh pool-list, virsh pool-info)";
                try
                {
                    await libvirt.RequireVolumeAsync(pool, volume).ConfigureAwait(false);
                }
                // Of an image that is gone libvirt says the same as of a daemon that is.
                catch (LibvirtException exception) when (libvirt.IsAlive)
                {
                    return $"libvirt would end VM {status.Name} when it comes back, as it does not find volume '{ForeignText.Name(volume)}' of storage pool "
                        + $"'{ForeignText.Name(pool)}' ({exception.Message.TrimEnd('.')}); make the pool active again (virsh pool-start, virsh pool-refresh), or shut that VM down";
                }
            }
        }

        return null;
    }
}
