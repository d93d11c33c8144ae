namespace VirtHandover.Handover.Recovery;

/// <summary>How libvirt's daemon comes back after a recovery.</summary>
internal enum DaemonReturn
{
    /// <summary>The recovery starts it.</summary>
    Started,

    /// <summary>It is being started anyway and waits for the recovery: the gate.</summary>
    Awaited,
}
