using System.Runtime.InteropServices;

namespace VirtHandover.Libvirt.Interop;

/// <summary>libvirt's last error on this thread.</summary>
internal static unsafe class LibVirtError
{
    /// <summary>Reads and clears the last error of the calling thread.</summary>
    /// <param name="purpose">What was being done, as the object of "libvirt could not …".</param>
    public static LibvirtException Take(string purpose)
    {
        virError* error = LibVirt.virGetLastError();
        int code = error == null ? 0 : error->code;
        string? words = error == null ? null : Marshal.PtrToStringUTF8((nint)error->message);
        LibVirt.virResetLastError();
        return new LibvirtException(code, string.IsNullOrEmpty(words)
            ? $"libvirt could not {purpose}, and gave no reason."
            : $"libvirt could not {purpose}: {words.TrimEnd('.')}.");
    }
}
