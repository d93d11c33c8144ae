using Microsoft.Win32.SafeHandles;

namespace VirtHandover.Libvirt.Interop;

/// <summary>A <c>virStorageVolPtr</c>.</summary>
internal sealed class StorageVolumeHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public StorageVolumeHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle() => LibVirtStorage.virStorageVolFree(handle) == 0;
}
