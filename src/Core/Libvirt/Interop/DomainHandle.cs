using Microsoft.Win32.SafeHandles;

namespace VirtHandover.Libvirt.Interop;

/// <summary>A <c>virDomainPtr</c>: a name and a UUID that libvirt looked up, no lock on the domain.</summary>
internal sealed class DomainHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public DomainHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle() => LibVirt.virDomainFree(handle) == 0;
}
