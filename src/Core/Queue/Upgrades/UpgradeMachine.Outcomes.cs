using VirtHandover.Contract;
using VirtHandover.Handover;
using static VirtHandover.Queue.UpgradeState;

namespace VirtHandover.Queue;

public static partial class UpgradeMachine
{
    /// <summary>What a scan that saw the domain makes of its state.</summary>
    private static UpgradeState OnSeen(UpgradeState state, UpgradeEvent.Seen seen)
    {
        if (state is Running)
        {
            return state;
        }

        // A handover replaces the process, so a done one that no scan has confirmed yet is expected to be another instance.
        var same = seen.SameInstance || state is Done { Verified: false };
        if (!seen.IsOutdated)
        {
            return state switch
            {
                Done done when same => done with { Verified = true },
                Failed { Report.Outcome: HandoverOutcome.Stranded } when same => state,
                _ => new Current(),
            };
        }

        return state switch
        {
            Done { Verified: false } done => new Failed(
                done.Report,
                "The handover reported success, but the guest still runs on an outdated QEMU; look at both processes, then retry it."),
            Approved or Pending when same && seen.Assessment is { IsBlocked: true } blocked => new Blocked(blocked.Findings),
            Approved or Deferred when same => state,
            Pending when same && seen.SameTarget => state,
            Blocked when same && seen is { SameTarget: true, Assessment: { IsBlocked: true } again } => new Blocked(again.Findings),
            Failed or Blocked when same && seen.SameTarget => state,
            _ => Fresh(seen.Assessment),
        };
    }

    private static UpgradeState Fresh(Assessment? assessment) =>
        assessment is { IsBlocked: true } ? new Blocked(assessment.Findings) : new Pending();

    /// <summary>What a handover's result makes of the state it came from.</summary>
    private static UpgradeState OnEnded(Running running, HandoverReport report) => report.Outcome switch
    {
        HandoverOutcome.Done => new Done(report, Verified: false),
        HandoverOutcome.Rehearsed or HandoverOutcome.Gone => running.Before,
        HandoverOutcome.Postponed when running.CancelledBy is null => running.Before,
        _ when running.Rehearse && report.Outcome is not HandoverOutcome.Stranded and not HandoverOutcome.Lost => Unchanged(running, report),
        HandoverOutcome.Refused => running.Before is Current or Done ? running.Before : new Blocked(report.Findings),
        HandoverOutcome.Cancelled or HandoverOutcome.Postponed when running.CancelledBy is { } by => running.Before is Current or Done ? running.Before : new Pending(by),
        _ => new Failed(report, report.Sentence),
    };

    /// <summary>A rehearsal changes nothing on the host; only a blocker that it found holds an approved one back.</summary>
    private static UpgradeState Unchanged(Running running, HandoverReport report) => running.Before switch
    {
        Pending or Approved when report.Outcome is HandoverOutcome.Refused => new Blocked(report.Findings),
        Approved when running.CancelledBy is { } by => new Pending(by),
        _ => running.Before,
    };
}
