using Microsoft.Win32.SafeHandles;

namespace VirtHandover.Libvirt.Interop;

/// <summary>A <c>virStoragePoolPtr</c>.</summary>
internal sealed class StoragePoolHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public StoragePoolHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle() => LibVirtStorage.virStoragePoolFree(handle) == 0;
}
