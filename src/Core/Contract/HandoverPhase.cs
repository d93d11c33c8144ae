namespace VirtHandover.Contract;

/// <summary>The six phases of one handover, in their only order. See <c>docs/handover.md</c>.</summary>
public enum HandoverPhase
{
    /// <summary>Read the source and run the preflight. Nothing is changed.</summary>
    Begin,

    /// <summary>Start the target as a twin of the source and compare both. The guest runs and notices nothing.</summary>
    Prepare,

    /// <summary>Stop the libvirt daemon and keep it from starting.</summary>
    Quiesce,

    /// <summary>The guest is paused; its device state moves to the target.</summary>
    Perform,

    /// <summary>The commit is on disk and the target runs the guest.</summary>
    Finish,

    /// <summary>The source is gone; libvirt starts again and adopts the target.</summary>
    Confirm,
}
