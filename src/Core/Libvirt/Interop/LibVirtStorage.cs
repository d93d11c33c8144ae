using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VirtHandover.Libvirt.Interop;

/// <summary>Storage pools and their volumes. See https://libvirt.org/html/libvirt-libvirt-storage.html.</summary>
internal static partial class LibVirtStorage
{
    private const string Library = "libvirt.so.0";

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial StoragePoolHandle virStoragePoolLookupByName(ConnectionHandle conn, string name);

    [LibraryImport(Library)]
    internal static partial int virStoragePoolIsActive(StoragePoolHandle pool);

    [LibraryImport(Library)]
    internal static partial int virStoragePoolFree(nint pool);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial StorageVolumeHandle virStorageVolLookupByName(StoragePoolHandle pool, string name);

    [LibraryImport(Library)]
    internal static unsafe partial int virStorageVolGetInfo(StorageVolumeHandle vol, virStorageVolInfo* info);

    [LibraryImport(Library)]
    internal static partial int virStorageVolFree(nint vol);

    [StructLayout(LayoutKind.Sequential)]
    internal struct virStorageVolInfo
    {
        internal int Type;
        internal ulong Capacity;
        internal ulong Allocation;
    }
}

/// <summary>A <c>virStoragePoolPtr</c>.</summary>
internal sealed class StoragePoolHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public StoragePoolHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle() => LibVirtStorage.virStoragePoolFree(handle) == 0;
}

/// <summary>A <c>virStorageVolPtr</c>.</summary>
internal sealed class StorageVolumeHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public StorageVolumeHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle() => LibVirtStorage.virStorageVolFree(handle) == 0;
}
