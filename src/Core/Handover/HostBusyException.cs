namespace VirtHandover.Handover;

/// <summary>Something on the host that will pass keeps libvirt from being stopped now. It says nothing about the VM that was to be handed over, nor about its QEMU.</summary>
internal sealed class HostBusyException : Exception
{
    /// <param name="because">What it is, as it stands behind "because", without a full stop.</param>
    internal HostBusyException(string because)
        : base(because)
    {
    }
}
