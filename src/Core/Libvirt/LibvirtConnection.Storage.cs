using VirtHandover.Libvirt.Interop;

namespace VirtHandover.Libvirt;

/// <summary>Storage pools and their volumes.</summary>
public sealed partial class LibvirtConnection
{
    /// <summary>
    /// Asks for a volume as libvirt itself does for a disk of type <c>volume</c> (<c>virStoragePoolLookupByName</c>, <c>virStoragePoolIsActive</c>,
    /// <c>virStorageVolLookupByName</c>). Its image is not opened.
    /// </summary>
    /// <param name="pool">The pool's name.</param>
    /// <param name="volume">The volume's name in it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Completes when it was found.</returns>
    /// <exception cref="LibvirtException">There is no such pool or volume, the pool is not active, or libvirt cannot be reached.</exception>
    public Task RequireVolumeAsync(string pool, string volume, CancellationToken cancellationToken = default)
    {
        var purpose = $"look up volume {volume} of storage pool {pool}";
        return CallAsync(
            purpose,
            () =>
            {
                using StoragePoolHandle found = LibVirtStorage.virStoragePoolLookupByName(_handle, pool);
                if (found.IsInvalid)
                    throw LibVirtError.Take(purpose);
                int active = LibVirtStorage.virStoragePoolIsActive(found);
                if (active != 1)
                    throw active == 0 ? new LibvirtException(LibvirtException.OperationInvalid, $"Storage pool {pool} is not active.") : LibVirtError.Take(purpose);
                using StorageVolumeHandle image = LibVirtStorage.virStorageVolLookupByName(found, volume);
                return image.IsInvalid ? throw LibVirtError.Take(purpose) : true;
            },
            cancellationToken);
    }
}
