namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>What is done to a handover while it stands at a point.</summary>
public enum Fault
{
    /// <summary>SIGKILL to the service; nobody starts it again until the handover has ended.</summary>
    KillService,

    /// <summary>SIGKILL to the keeper; the service lives.</summary>
    KillKeeper,

    /// <summary>SIGKILL to the service and the keeper; then the service is started, as systemd would.</summary>
    KillBoth,

    /// <summary>The same, but before the service is back somebody starts libvirt's daemon by hand, past the gate.</summary>
    KillBothStartDaemon,

    /// <summary>SIGKILL to the new QEMU, before it may run the guest.</summary>
    KillTarget,

    /// <summary>SIGSTOP to the new QEMU.</summary>
    StopTarget,

    /// <summary>SIGKILL to the old QEMU, once the guest is the new one's.</summary>
    KillSource,

    /// <summary>libvirt's daemon cannot be started, until the alarm is seen.</summary>
    DaemonStartFails,

    /// <summary>Not a byte is left below <c>/var/lib/virt-handover</c>.</summary>
    FillDisk,

    /// <summary>Somebody starts libvirt's daemon by hand while the keeper lives.</summary>
    StartDaemon,

    /// <summary>Clients call libvirt without pause.</summary>
    Hammer,
}
