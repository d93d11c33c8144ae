using VirtHandover.Contract;

namespace VirtHandover.Handover.Recovery;

/// <summary>The pure heart of recovery: from what was written and what is true to one action. Whoever asks holds the journal's lock, so no keeper lives.</summary>
internal static class RecoveryDecision
{
    /// <summary>Decides.</summary>
    internal static RecoveryAction Decide(HandoverTrace trace, ObservedWorld world) => (trace, world) switch
    {
        ({ Report: not null }, _) => RecoveryAction.Nothing,
        (_, { SameBoot: false }) => RecoveryAction.ReportReboot,

        // Committed: the guest is the target's. The source is never continued, not even if the target has died:
        // the target may have run, and then the source's memory and the disks no longer belong together.
        ({ Committed: not null }, { TargetAlive: true }) => RecoveryAction.GoForward,
        ({ Committed: not null }, _) => RecoveryAction.ReportLoss,

        // Not committed: the guest is the source's.
        (_, { SourceAlive: false }) => RecoveryAction.ReportLoss,
        ({ Quiescing: null, Pausing: null, Target: null or { Method: RamMethod.Shared } }, _) => RecoveryAction.DropTarget,
        _ => RecoveryAction.ResumeSource,
    };
}
