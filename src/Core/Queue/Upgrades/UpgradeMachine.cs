using VirtHandover.Contract;
using static VirtHandover.Queue.UpgradeState;

namespace VirtHandover.Queue;

/// <summary>
/// The life of one upgrade as a pure function. Two promises hold it together: a handover starts only from
/// <see cref="Approved"/> or because somebody asked for it by name, and a failed or blocked one waits for a new
/// QEMU or for an administrator.
/// </summary>
public static partial class UpgradeMachine
{
    /// <summary>Applies one event.</summary>
    /// <param name="state">The state now.</param>
    /// <param name="happened">The event.</param>
    /// <param name="now">The host's clock.</param>
    /// <returns>The next state, or why the event does not apply.</returns>
    public static Transition Next(UpgradeState state, UpgradeEvent happened, DateTimeOffset now) => happened switch
    {
        UpgradeEvent.Seen seen => new Transition.To(OnSeen(state, seen)),
        UpgradeEvent.Approve approve => OnApprove(state, approve, now),
        UpgradeEvent.Defer defer => OnDefer(state, defer, now),
        UpgradeEvent.Undefer => state is Deferred
            ? new Transition.To(new Pending())
            : new Transition.Refused($"it is {state.Word}, not deferred."),
        UpgradeEvent.Cancel cancel => OnCancel(state, cancel),
        UpgradeEvent.Retry => OnRetry(state),
        UpgradeEvent.Tick => new Transition.To(state is Deferred deferred && deferred.Until <= now ? new Pending() : state),
        UpgradeEvent.Start start => state is Approved approved
            ? new Transition.To(new Running(start.Id, HandoverPhase.Begin, now, Rehearse: false, approved.By, approved))
            : new Transition.Refused($"it is {state.Word} and nobody approved it."),
        UpgradeEvent.StartAsked asked => state is Running
            ? new Transition.Refused("its handover is running.")
            : new Transition.To(new Running(asked.Id, HandoverPhase.Begin, now, asked.Rehearse, asked.By, state)),
        UpgradeEvent.Entered entered => WhileRunning(state, entered.Id, running => Enter(running, entered)),
        UpgradeEvent.Copying copying => WhileRunning(state, copying.Id, running => running with { Progress = Math.Clamp(copying.Progress, 0, 1) }),
        UpgradeEvent.Ended ended => WhileRunning(state, ended.Report.Id, running => OnEnded(running, ended.Report)),
        UpgradeEvent.NotBegun lost => WhileRunning(state, lost.Id, running => running.Before),
        _ => throw new ArgumentOutOfRangeException(nameof(happened)),
    };

    private static Transition OnApprove(UpgradeState state, UpgradeEvent.Approve approve, DateTimeOffset now) => state switch
    {
        Pending or Deferred => new Transition.To(new Approved(approve.By, now) { MaxPause = approve.MaxPause }),
        Approved approved => new Transition.To(approve.MaxPause is null ? approved : approved with { MaxPause = approve.MaxPause }),
        Running => new Transition.Refused("its handover is already running."),
        Failed => new Transition.Refused("its last handover failed; look at the reason, then retry it."),
        Blocked => new Transition.Refused("the preflight refuses it; remove the blocker, then retry it."),
        _ => new Transition.Refused("it already runs on the installed QEMU; there is nothing to approve."),
    };

    private static Transition OnDefer(UpgradeState state, UpgradeEvent.Defer defer, DateTimeOffset now) => state switch
    {
        _ when defer.Until <= now => new Transition.Refused("the time to defer it to has already passed."),
        Pending or Approved or Deferred => new Transition.To(new Deferred(defer.Until, defer.By, defer.Reason)),
        Running => new Transition.Refused("its handover is already running; cancel it first."),
        Failed or Blocked => new Transition.Refused($"it is {state.Word}, and nothing happens to it until somebody retries it."),
        _ => new Transition.Refused("it already runs on the installed QEMU; there is nothing to defer."),
    };

    private static Transition OnCancel(UpgradeState state, UpgradeEvent.Cancel cancel) => state switch
    {
        Approved or Deferred => new Transition.To(new Pending(cancel.By)),
        // A copy for which the guest stands still takes its time, and can be broken off.
        Running { Phase: HandoverPhase.Perform, Progress: >= 0 } still => new Transition.To(still with { CancelledBy = still.CancelledBy ?? cancel.By }),
        Running { Phase: >= HandoverPhase.Perform } running => new Transition.Refused(
            $"its handover is in phase {PhaseWords.Of(running.Phase)} and can no longer be cancelled; it ends in a moment."),
        Running running => new Transition.To(running with { CancelledBy = running.CancelledBy ?? cancel.By }),
        _ => new Transition.Refused($"it is {state.Word}; only an approved, deferred or running handover can be cancelled."),
    };

    private static Transition OnRetry(UpgradeState state) => state switch
    {
        Failed or Blocked or Pending => new Transition.To(new Pending()),
        _ => new Transition.Refused($"it is {state.Word}; only a failed or blocked one can be retried."),
    };

    private static Running Enter(Running running, UpgradeEvent.Entered entered)
    {
        // The phase that every handover begins in is told as well; a clock that was set back must not give a negative time.
        var spent = entered.At - running.PhaseSince;
        return entered.Phase == running.Phase
            ? running with { PhaseSince = entered.At, Progress = -1 }
            : running with
            {
                Phase = entered.Phase,
                PhaseSince = entered.At,
                PhaseTimes = [.. running.PhaseTimes, new PhaseDuration(running.Phase, Math.Max(0, (long)spent.TotalMicroseconds))],
                Progress = -1,
            };
    }

    private static Transition WhileRunning(UpgradeState state, long id, Func<Running, UpgradeState> next) =>
        state is Running running && running.Id == id
            ? new Transition.To(next(running))
            : new Transition.Refused($"handover {id} is not running.");
}
