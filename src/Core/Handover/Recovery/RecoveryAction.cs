namespace VirtHandover.Handover.Recovery;

/// <summary>What a recovery does. The whole table stands in <c>docs/handover.md</c>.</summary>
internal enum RecoveryAction
{
    /// <summary>It has ended; there is a report.</summary>
    Nothing,

    /// <summary>The host was started anew: no process of it is left, libvirt knows what runs.</summary>
    ReportReboot,

    /// <summary>libvirt was not stopped: end the target; the source has not been touched.</summary>
    DropTarget,

    /// <summary>Not committed: end the target, let the guest go on in the source, start libvirt.</summary>
    ResumeSource,

    /// <summary>Committed: the target runs the guest or is about to; make libvirt adopt it.</summary>
    GoForward,

    /// <summary>The process that had the guest has died by itself; start libvirt, which will see that the VM has crashed.</summary>
    ReportLoss,
}
