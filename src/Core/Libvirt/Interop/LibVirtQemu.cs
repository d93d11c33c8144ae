using System.Runtime.InteropServices;

namespace VirtHandover.Libvirt.Interop;

/// <summary><c>libvirt-qemu.so.0</c>: what libvirt offers for QEMU alone.</summary>
internal static unsafe partial class LibVirtQemu
{
    [LibraryImport("libvirt-qemu.so.0", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int virDomainQemuMonitorCommand(DomainHandle domain, string cmd, byte** result, uint flags);

    // Since libvirt 8.2.
    [LibraryImport("libvirt-qemu.so.0", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int virDomainQemuMonitorCommandWithFiles(
        DomainHandle domain, string cmd, uint ninfiles, int* infiles, uint* noutfiles, int** outfiles, byte** result, uint flags);
}
