using VirtHandover.Libvirt.Interop;

namespace VirtHandover.Libvirt;

/// <summary>Storage pools and their volumes.</summary>
public sealed partial class LibvirtConnection
{
    /// <summary>A pool on a server that is gone keeps its asker waiting.</summary>
    private static readonly TimeSpan s_storageLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Asks for a volume as libvirt itself does for a disk of type <c>volume</c> (<c>virStoragePoolLookupByName</c>, <c>virStoragePoolIsActive</c>,
    /// <c>virStorageVolLookupByName</c>, <c>virStorageVolGetInfo</c>). The last looks at its image, and reads its header, as <c>virsh vol-info</c> does.
    /// </summary>
    /// <param name="pool">The pool's name.</param>
    /// <param name="volume">The volume's name in it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Completes when it was found.</returns>
    /// <exception cref="LibvirtException">There is no such pool, volume or image, the pool is not active or does not answer, or libvirt cannot be reached.</exception>
    public Task RequireVolumeAsync(string pool, string volume, CancellationToken cancellationToken = default)
    {
        var purpose = $"look up volume {volume} of storage pool {pool}";
        return CallAsync(purpose, () => LookUp(pool, volume, purpose), s_storageLimit, cancellationToken);
    }

    private unsafe bool LookUp(string pool, string volume, string purpose)
    {
        using StoragePoolHandle found = LibVirtStorage.virStoragePoolLookupByName(_handle, pool);
        if (found.IsInvalid)
            throw LibVirtError.Take(purpose);
        int active = LibVirtStorage.virStoragePoolIsActive(found);
        if (active != 1)
            throw active == 0 ? new LibvirtException(LibvirtException.OperationInvalid, $"Storage pool {pool} is not active.") : LibVirtError.Take(purpose);
        using StorageVolumeHandle image = LibVirtStorage.virStorageVolLookupByName(found, volume);
        LibVirtStorage.virStorageVolInfo info;
        return image.IsInvalid || LibVirtStorage.virStorageVolGetInfo(image, &info) < 0 ? throw LibVirtError.Take(purpose) : true;
    }
}
