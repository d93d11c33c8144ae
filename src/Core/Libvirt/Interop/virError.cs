using System.Runtime.InteropServices;

namespace VirtHandover.Libvirt.Interop;

/// <summary>The head of libvirt's <c>struct _virError</c>; what follows <c>level</c> is never read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct virError
{
    public int code;
    public int domain;
    public byte* message;
    public int level;
}
