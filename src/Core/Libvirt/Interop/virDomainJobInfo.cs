using System.Runtime.InteropServices;

namespace VirtHandover.Libvirt.Interop;

/// <summary>libvirt's <c>struct _virDomainJobInfo</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct virDomainJobInfo
{
    public int type;
    public ulong timeElapsed;
    public ulong timeRemaining;
    public ulong dataTotal;
    public ulong dataProcessed;
    public ulong dataRemaining;
    public ulong memTotal;
    public ulong memProcessed;
    public ulong memRemaining;
    public ulong fileTotal;
    public ulong fileProcessed;
    public ulong fileRemaining;
}
