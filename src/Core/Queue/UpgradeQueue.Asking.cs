using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

public sealed partial class UpgradeQueue
{
    /// <summary>Approves a pending or deferred domain.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="by">Who, for the administrator to read.</param>
    /// <param name="maxPause">How long the guest may stand still in this handover; null: as its policy says.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Approve(Guid domain, string by, TimeSpan? maxPause = null)
    {
        var changes = new Changes();
        lock (_lock)
        {
            var upgrade = Find_NeedsLock(domain);
            DemandAllowed_NeedsLock(upgrade, "approved");
            DemandBudget_NeedsLock(upgrade, maxPause, "approved");
            Ask_NeedsLock(upgrade, "approved", new UpgradeEvent.Approve(by, maxPause), changes);
            changes.News.Add(new QueueNews.Approved(_upgrades[domain], by));
            // Somebody looks, and wants it now.
            changes.Any |= _putOff is not null;
            _putOff = null;
        }

        Announce(changes);
    }

    /// <summary>Puts a domain off.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="until">Not before this moment.</param>
    /// <param name="by">Who.</param>
    /// <param name="reason">Why, for others to read; may be empty.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Defer(Guid domain, DateTimeOffset until, string by, string reason = "") =>
        Ask(domain, "deferred", new UpgradeEvent.Defer(until, by, reason));

    /// <summary>Ends a deferral before its time.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Undefer(Guid domain) => Ask(domain, "undeferred", new UpgradeEvent.Undefer());

    /// <summary>Puts a failed or blocked domain back to pending and has its preflight run again.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Retry(Guid domain) => Ask(domain, "retried", new UpgradeEvent.Retry());

    /// <summary>Takes an approval, a deferral or a waiting handover back, or asks a running one to stop before its guest is paused.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="by">Who.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Cancel(Guid domain, string by)
    {
        var changes = new Changes();
        lock (_lock)
        {
            var upgrade = Find_NeedsLock(domain);
            var waiting = _asked.FindAll(asked => asked.Domain == domain);
            foreach (var asked in waiting)
            {
                DropAsked_NeedsLock(asked, Reports.TakenBack(RecordOf(asked, upgrade.Name), by), changes);
            }

            if (waiting.Count == 0 || upgrade.State is UpgradeState.Approved)
            {
                Ask_NeedsLock(upgrade, "cancelled", new UpgradeEvent.Cancel(by), changes);
                if (_upgrades[domain].State is UpgradeState.Running running)
                {
                    changes.Cancelled.Add(running.Id);
                }
            }
        }

        Announce(changes);
    }

    /// <summary>Takes back what people have approved, because nobody will be there to carry it out. What a policy approves it approves again.</summary>
    /// <param name="by">Who.</param>
    /// <returns>The names of those that were approved.</returns>
    /// <exception cref="StoreException">The database cannot be written; nothing was changed.</exception>
    public IReadOnlyList<string> TakeBackApprovals(string by)
    {
        var changes = new Changes();
        var names = new List<string>();
        try
        {
            lock (_lock)
            {
                foreach (var upgrade in _upgrades.Values.Where(IsApprovedByHand).OrderBy(upgrade => upgrade.Name, StringComparer.Ordinal).ToList())
                {
                    Ask_NeedsLock(upgrade, "cancelled", new UpgradeEvent.Cancel(by), changes);
                    names.Add(upgrade.Name);
                }
            }
        }
        finally
        {
            Announce(changes);
        }

        return names;
    }

    private static bool IsApprovedByHand(Upgrade upgrade) => upgrade.State is UpgradeState.Approved { By: not (AutoApprover or PolicyApprover) };

    /// <summary>Asks for one handover in its turn, outdated or not, approved or not.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="rehearse">Stop after the twin check.</param>
    /// <param name="by">Who.</param>
    /// <param name="maxPause">How long the guest may stand still in this handover; null: as its policy says.</param>
    /// <returns>The handover's number; <see cref="Ended"/> tells its end.</returns>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public long Run(Guid domain, bool rehearse, string by, TimeSpan? maxPause = null)
    {
        var changes = new Changes { Any = true };
        long id;
        lock (_lock)
        {
            var upgrade = Find_NeedsLock(domain);
            if (_asked.Exists(asked => asked.Domain == domain))
            {
                throw new QueueException(
                    QueueFault.WrongState, $"A handover of {ForeignText.Escape(upgrade.Name)} already waits for its turn; wait for its end or cancel it.");
            }

            if (!rehearse)
            {
                DemandAllowed_NeedsLock(upgrade, "handed over");
                if (_hold.Length > 0)
                {
                    throw new QueueException(QueueFault.WrongState, $"{ForeignText.Escape(upgrade.Name)} was not handed over: {_hold}");
                }
            }

            var now = _time.GetUtcNow();
            try
            {
                id = _store.Create(domain, upgrade.Name, rehearse, by, now);
            }
            catch (StoreException e)
            {
                throw NotRecorded_NeedsLock(e);
            }

            _asked.Add(new AskedHandover(id, domain, rehearse, by, now, maxPause));
        }

        Announce(changes);
        return id;
    }

    /// <summary>Results of past handovers.</summary>
    /// <param name="query">Which ones.</param>
    /// <returns>The newest first.</returns>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public IReadOnlyList<HandoverReport> History(HistoryQuery query) => _store.History(query);

    private void Ask(Guid domain, string done, UpgradeEvent asked)
    {
        var changes = new Changes();
        lock (_lock)
        {
            Ask_NeedsLock(Find_NeedsLock(domain), done, asked, changes);
        }

        Announce(changes);
    }

    private void Ask_NeedsLock(Upgrade upgrade, string done, UpgradeEvent asked, Changes changes)
    {
        switch (UpgradeMachine.Next(upgrade.State, asked, _time.GetUtcNow()))
        {
            case Transition.Refused refused:
                throw new QueueException(
                    QueueFault.WrongState, $"{ForeignText.Escape(upgrade.Name)} was not {done}: {refused.Why}");
            case Transition.To { State: var state }:
                var isRetry = asked is UpgradeEvent.Retry;
                CommitAsked_NeedsLock(
                    upgrade with { State = state, Assessment = isRetry ? null : upgrade.Assessment }, changes);
                changes.ScanWanted |= isRetry;
                break;
        }
    }

    private void DropAsked_NeedsLock(AskedHandover asked, HandoverReport report, Changes changes)
    {
        try
        {
            Commit_NeedsLock([], ended: report);
        }
        catch (StoreException e)
        {
            // It is not started either way; the next start of the service writes its end.
            _alarms[AlarmSource.Store] = Unwritten(report, e);
        }

        _asked.Remove(asked);
        changes.Any = true;
        changes.News.Add(new QueueNews.Ended(report));
    }

    private Upgrade Find_NeedsLock(Guid domain) => _upgrades.GetValueOrDefault(domain) ?? throw new QueueException(
        QueueFault.UnknownDomain, $"No running VM has the UUID {domain}; \"virt-handover list\" shows the running ones.");

    private static HandoverRecord RecordOf(AskedHandover asked, string name) =>
        new(asked.Id, asked.Domain, name, asked.At, Started: false);
}
