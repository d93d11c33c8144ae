namespace VirtHandover.Libvirt;

/// <summary>libvirt's <c>virDomainState</c>.</summary>
public enum DomainState
{
    /// <summary>No state, or one that this program does not know.</summary>
    Unknown = 0,

    /// <summary>Running.</summary>
    Running = 1,

    /// <summary>Blocked on a resource (Xen).</summary>
    Blocked = 2,

    /// <summary>Paused by a user or by an error.</summary>
    Paused = 3,

    /// <summary>Shutting down.</summary>
    ShuttingDown = 4,

    /// <summary>Shut off.</summary>
    ShutOff = 5,

    /// <summary>Crashed.</summary>
    Crashed = 6,

    /// <summary>Suspended by the guest's power management.</summary>
    Suspended = 7,
}
