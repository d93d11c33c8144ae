namespace VirtHandover.Queue;

/// <summary>Who raises an alarm; each has at most one, and they are shown in this order.</summary>
public enum AlarmSource
{
    /// <summary>The database cannot be written.</summary>
    Store,

    /// <summary>libvirt cannot be reached.</summary>
    Libvirt,

    /// <summary>An emulator is missing on disk.</summary>
    Emulator,

    /// <summary>A handover cannot be brought to an end.</summary>
    Handover,

    /// <summary>Something went wrong inside the service.</summary>
    Service,
}
