using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>What the end of a handover makes of the queue.</summary>
internal static class EndRule
{
    /// <summary>A handover has ended.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="report">Its result.</param>
    /// <param name="after">The VM as a scan after it saw it; null when no scan could.</param>
    /// <param name="moment">When.</param>
    public static QueueStep End(QueueState state, HandoverReport report, ScannedDomain? after, QueueMoment moment)
    {
        var (upgrades, control, putOff) = (state.Upgrades, state.Control, state.PutOff);
        IReadOnlyList<QueueNews> moved = [];
        if (state.Find(report.Domain) is { } upgrade)
        {
            if (upgrade.State is UpgradeState.Running running && running.Id == report.Id)
            {
                report = report with { By = running.By, ApprovedAt = (running.Before as UpgradeState.Approved)?.At ?? running.StartedAt };
                control = running.Rehearse ? control : StopRule.After(control, report, moment.Options.StopAfterFailures, moment.Now);
                putOff = PutOff.After(putOff, report, moment.Now);
            }

            var next = UpgradeMachine.Next(upgrade.State, new UpgradeEvent.Ended(report), moment.Now);
            var ended = upgrade with { LastReport = report, State = next is Transition.To { State: var to } ? to : upgrade.State };
            if (after is null && report.Outcome is HandoverOutcome.Gone)
            {
                upgrades = upgrades.Remove(report.Domain);
            }
            else
            {
                var seen = after is null ? ended : ScanRule.Seen(ended, after, moment.Now);
                upgrades = upgrades.SetItem(seen.Domain, seen);
                moved = Moved.News([(ended.State, seen)]);
            }
        }

        var over = Over(state, report.Id) with
        {
            Upgrades = upgrades,
            Control = control,
            PutOff = putOff,
            Handled = state.Handled.SetItem(report.Domain, state.Ticket),
        };
        return new QueueStep(over)
        {
            Ended = report,
            News = [new QueueNews.Ended(report, over.Find(report.Domain)), .. moved, .. StopRule.News(state.Control, control)],
        };
    }

    /// <summary>
    /// A handover that is recorded as started has not begun. This is what that means, whoever finds it out: nothing has happened to the VM, and it is
    /// where it was before; an approval still holds, what was asked for by name has to be asked for again. Only a dead canary stops the queue, in the
    /// same step: the handover that it went before must not be the next to start.
    /// </summary>
    /// <param name="state">The queue.</param>
    /// <param name="record">The handover.</param>
    /// <param name="why">Why it has not begun.</param>
    /// <param name="moment">When.</param>
    public static QueueStep NotBegun(QueueState state, HandoverRecord record, NotBegun why, QueueMoment moment)
    {
        var report = why.Report(record);
        var control = why is NotBegun.CanaryDied died ? StopRule.AfterCanary(state.Control, died.Sentence, moment.Now) : state.Control;
        var over = Over(state, record.Id) with { Control = control };
        if (state.Find(record.Domain) is { } upgrade &&
            UpgradeMachine.Next(upgrade.State, new UpgradeEvent.NotBegun(record.Id), moment.Now) is Transition.To { State: var before })
        {
            over = over.With(upgrade with { State = before }) with { PutOff = PutOff.After(state.PutOff, report, moment.Now) };
        }

        return new QueueStep(over)
        {
            Ended = report,
            News = [new QueueNews.Ended(report, over.Find(record.Domain)), .. StopRule.News(state.Control, control)],
        };
    }

    /// <summary>A handover that somebody asked for by name will not start.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="asked">Which one.</param>
    /// <param name="report">Why not.</param>
    public static QueueStep Drop(QueueState state, AskedHandover asked, HandoverReport report) => new(state with { Asked = state.Asked.Remove(asked) })
    {
        Ended = report,
        News = [new QueueNews.Ended(report, state.Find(asked.Domain))],
    };

    /// <summary>An end that could not be written, so that it is read at least here: it is in no history until the next service asks for it.</summary>
    public static string Unwritten(HandoverReport report, StoreException e) =>
        $"The end of a handover could not be recorded: {ForeignText.Escape(report.Sentence.TrimEnd())} {e.Message}";

    private static QueueState Over(QueueState state, long id) => state with { Interrupted = state.Interrupted.RemoveAll(record => record.Id == id) };
}
