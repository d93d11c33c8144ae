using System.Runtime.InteropServices;

namespace VirtHandover.Libvirt.Interop;

/// <summary>Strings that libvirt allocates with malloc and the caller frees.</summary>
internal static unsafe class LibVirtString
{
    /// <summary>Copies the string and frees the original.</summary>
    public static string Take(byte* text)
    {
        try
        {
            return Marshal.PtrToStringUTF8((nint)text) ?? "";
        }
        finally
        {
            NativeMemory.Free(text);
        }
    }
}
