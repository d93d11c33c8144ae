namespace VirtHandover.Libvirt;

/// <summary>libvirt's <c>virDomainEventType</c>.</summary>
public enum DomainEventKind
{
    /// <summary>The configuration was defined.</summary>
    Defined = 0,

    /// <summary>The configuration was removed.</summary>
    Undefined = 1,

    /// <summary>The domain started.</summary>
    Started = 2,

    /// <summary>It was paused.</summary>
    Suspended = 3,

    /// <summary>It runs again.</summary>
    Resumed = 4,

    /// <summary>It ended.</summary>
    Stopped = 5,

    /// <summary>It is shutting down.</summary>
    Shutdown = 6,

    /// <summary>The guest's power management suspended it.</summary>
    PowerManagementSuspended = 7,

    /// <summary>It crashed.</summary>
    Crashed = 8,
}

/// <summary>A change in a domain's life.</summary>
/// <param name="Uuid">The domain.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What happened.</param>
public sealed record DomainEvent(Guid Uuid, string Name, DomainEventKind Kind);
