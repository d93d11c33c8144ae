using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

public sealed partial class UpgradeQueue
{
    /// <summary>Ends a handover, with what a scan after it says.</summary>
    /// <param name="report">Its result.</param>
    /// <param name="after">The domain as a scan after it saw it; null when no scan could.</param>
    public void End(HandoverReport report, ScannedDomain? after)
    {
        ArgumentNullException.ThrowIfNull(report);
        var changes = new Changes { Any = true };
        lock (_lock)
        {
            End_NeedsLock(report, after, changes);
        }

        Announce(changes);
    }

    private void End_NeedsLock(HandoverReport report, ScannedDomain? after, Changes changes)
    {
        var now = _time.GetUtcNow();
        var ended = new List<Upgrade>();
        var gone = new List<Guid>();
        var before = _control;
        var control = before;
        if (_upgrades.GetValueOrDefault(report.Domain) is { } upgrade)
        {
            if (upgrade.State is UpgradeState.Running running && running.Id == report.Id)
            {
                report = report with { By = running.By, ApprovedAt = (running.Before as UpgradeState.Approved)?.At ?? running.StartedAt };
                control = running.Rehearse ? before : StopRule.After(before, report, _options.StopAfterFailures, now);
                RememberPutOff_NeedsLock(report, now);
            }

            var next = UpgradeMachine.Next(upgrade.State, new UpgradeEvent.Ended(report), now);
            upgrade = upgrade with { LastReport = report, State = next is Transition.To { State: var state } ? state : upgrade.State };

            // In the dictionary first, because the merge looks there for what is known.
            _upgrades[report.Domain] = upgrade;
            if (after is null && report.Outcome is HandoverOutcome.Gone)
            {
                gone.Add(report.Domain);
            }
            else
            {
                ended.Add(after is null ? upgrade : Merged_NeedsLock(after, now));
            }
        }

        changes.News.Add(new QueueNews.Ended(report));
        Tell(ended.Select(one => ((UpgradeState?)_upgrades[one.Domain].State, one)), changes);

        try
        {
            Commit_NeedsLock(ended, gone, ended: report, control: control);
        }
        catch (StoreException e)
        {
            // What has happened has happened: show it, and let the next service ask the recovery again.
            ended.ForEach(one => _upgrades[one.Domain] = one);
            gone.ForEach(domain => _upgrades.Remove(domain));
            _control = control;
            _alarms[AlarmSource.Store] = Unwritten(report, e);
        }

        _handled[report.Domain] = _ticket;
        _interrupted.RemoveAll(record => record.Id == report.Id);
        TellPause_NeedsLock(before, isByItself: true, changes);
    }

    /// <summary>The end that could not be written, so that it is read at least here: it is in no history until the next service asks for it.</summary>
    private static string Unwritten(HandoverReport report, StoreException e) =>
        $"The end of a handover could not be recorded: {ForeignText.Escape(report.Sentence.TrimEnd())} {e.Message}";

    /// <summary>Puts a handover back that an earlier service recorded as started and that never began: an approval still holds.</summary>
    /// <param name="record">The handover.</param>
    public void NotBegun(HandoverRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        NotBegun(record, Reports.NotBegun(record), control => control);
    }

    /// <summary>A canary goes through a handover, or no longer.</summary>
    /// <param name="runs">Whether one does.</param>
    internal void SetCanary(bool runs)
    {
        lock (_lock)
        {
            _canaryRuns = runs;
        }
    }

    /// <summary>The canary died that went before a handover: puts the handover back, and pauses the queue in the same step.</summary>
    /// <param name="record">The handover.</param>
    /// <param name="sentence">What became of the canary.</param>
    internal void CanaryDied(HandoverRecord record, string sentence) =>
        NotBegun(record, Reports.CanaryDied(record, sentence), control => StopRule.AfterCanary(control, sentence, _time.GetUtcNow()));

    /// <summary>The canary that went before a handover could not be tried now: puts the handover back.</summary>
    /// <param name="record">The handover.</param>
    /// <param name="sentence">What happened.</param>
    internal void CanaryPostponed(HandoverRecord record, string sentence) =>
        NotBegun(record, Reports.CanaryPostponed(record, sentence), control => control);

    /// <summary>The worker ended before a handover had begun: puts it back.</summary>
    /// <param name="record">The handover.</param>
    /// <param name="sentence">What happened.</param>
    internal void WorkerGone(HandoverRecord record, string sentence) =>
        NotBegun(record, Reports.PutOff(record, sentence), control => control);

    private void NotBegun(HandoverRecord record, HandoverReport report, Func<QueueControl, QueueControl> control)
    {
        var changes = new Changes { Any = true };
        lock (_lock)
        {
            var before = _control;
            NotBegun_NeedsLock(record, report, control(before));
            changes.News.Add(new QueueNews.Ended(report));
            TellPause_NeedsLock(before, isByItself: true, changes);
        }

        Announce(changes);
    }

    private void NotBegun_NeedsLock(HandoverRecord record, HandoverReport report, QueueControl control)
    {
        var back = new List<Upgrade>();
        if (_upgrades.GetValueOrDefault(record.Domain) is { } upgrade &&
            UpgradeMachine.Next(upgrade.State, new UpgradeEvent.NotBegun(record.Id), _time.GetUtcNow()) is Transition.To { State: var before })
        {
            back.Add(upgrade with { State = before });
            RememberPutOff_NeedsLock(report, _time.GetUtcNow());
        }

        try
        {
            Commit_NeedsLock(back, ended: report, control: control);
        }
        catch (StoreException e)
        {
            back.ForEach(one => _upgrades[one.Domain] = one);
            _control = control;
            _alarms[AlarmSource.Store] = Unwritten(report, e);
        }

        _interrupted.RemoveAll(one => one.Id == record.Id);
    }
}
