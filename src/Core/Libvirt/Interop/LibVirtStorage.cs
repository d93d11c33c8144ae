using System.Runtime.InteropServices;

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
