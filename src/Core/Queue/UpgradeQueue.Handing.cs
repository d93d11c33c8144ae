using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

public sealed partial class UpgradeQueue
{
    /// <summary>True when a handover waits and could start now.</summary>
    public bool HasWork
    {
        get
        {
            lock (_lock)
            {
                return CanStart_NeedsLock() && (NextAsked_NeedsLock() is not null || NextApproved_NeedsLock() is not null);
            }
        }
    }

    /// <summary>True while no handover runs, waits to be recovered, or was asked for by name: what is only asked for does not outlive the service.</summary>
    public bool IsAtRest
    {
        get
        {
            lock (_lock)
            {
                return _asked.Count == 0 && _interrupted.Count == 0 && !_upgrades.Values.Any(upgrade => upgrade.State is UpgradeState.Running);
            }
        }
    }

    /// <summary>How many handovers wait, whether or not they could start now.</summary>
    internal int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _asked.Count + _upgrades.Values.Count(upgrade => upgrade.State is UpgradeState.Approved);
            }
        }
    }

    /// <summary>True while there is a domain that somebody may be about to approve.</summary>
    internal bool MoreMayCome
    {
        get
        {
            lock (_lock)
            {
                return _upgrades.Values.Any(upgrade => upgrade.State is UpgradeState.Pending);
            }
        }
    }

    /// <summary>True while a handover is in a phase in which the libvirt daemon does not run.</summary>
    public bool KeepsLibvirtDown
    {
        get
        {
            lock (_lock)
            {
                return _canaryRuns || _upgrades.Values.Any(upgrade => upgrade.State is UpgradeState.Running { Rehearse: false, Phase: >= HandoverPhase.Quiesce });
            }
        }
    }

    /// <summary>When the next deferral ends, a maintenance window opens or closes, or what was put off is tried again; null when nothing of it is to come.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_lock)
            {
                var now = _time.GetUtcNow();
                return new[]
                {
                    _upgrades.Values.Select(upgrade => (upgrade.State as UpgradeState.Deferred)?.Until).Min(),
                    NextWindowChange_NeedsLock(now),
                    PutOffUntil_NeedsLock(now),
                }.Min();
            }
        }
    }

    /// <summary>Makes deferred domains pending again whose time has come, and tells of windows that have opened or closed.</summary>
    /// <exception cref="StoreException">The database cannot be written; they stay deferred.</exception>
    public void Tick()
    {
        var changes = new Changes();
        try
        {
            lock (_lock)
            {
                var now = _time.GetUtcNow();
                Prune_NeedsLock(now);
                var due = _upgrades.Values
                    .Where(upgrade => upgrade.State is UpgradeState.Deferred)
                    .Select(upgrade => (Before: upgrade, Next: UpgradeMachine.Next(upgrade.State, new UpgradeEvent.Tick(), now)))
                    .Where(one => one.Next is Transition.To { State: not UpgradeState.Deferred })
                    .Select(one => one.Before with { State = ((Transition.To)one.Next).State })
                    .Select(one => Automatic(one, now))
                    .ToList();
                var open = _upgrades.Values.Where(upgrade => WindowOf_NeedsLock(upgrade, now).IsOpen).Select(upgrade => upgrade.Domain).ToHashSet();
                changes.Any = !open.SetEquals(_open);
                _open = open;
                if (due.Count > 0)
                {
                    var before = due.ConvertAll(upgrade => (_upgrades.GetValueOrDefault(upgrade.Domain)?.State, upgrade));
                    Commit_NeedsLock(due);
                    Tell(before, changes);
                    changes.Any = changes.ScanWanted = true;
                }
            }
        }
        finally
        {
            Announce(changes);
        }
    }

    /// <summary>
    /// Starts the next handovers: first what was asked for by name, then what was approved, each in its order; more than one where
    /// they can share an outage of libvirt.
    /// </summary>
    /// <returns>The handovers that are now running; empty when none may start.</returns>
    /// <exception cref="StoreException">The start could not be recorded, so nothing was started.</exception>
    public IReadOnlyList<HandoverRequest> TakeTogether()
    {
        var changes = new Changes();
        var taken = new List<HandoverRequest>();
        try
        {
            lock (_lock)
            {
                if (CanStart_NeedsLock())
                {
                    TakeTogether_NeedsLock(taken, changes);
                }
            }
        }
        catch (StoreException e)
        {
            SetAlarm(AlarmSource.Store, e.Message);
            if (taken.Count == 0)
            {
                throw;
            }
        }
        finally
        {
            Announce(changes);
        }

        return taken;
    }

    /// <summary>Takes over what a running handover tells.</summary>
    /// <param name="id">The handover's number.</param>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="progress">What it tells; its end is for <see cref="End"/>.</param>
    public void Observe(long id, Guid domain, HandoverProgress progress)
    {
        UpgradeEvent? happened = progress switch
        {
            HandoverProgress.Entered entered => new UpgradeEvent.Entered(id, entered.Phase, entered.At),
            HandoverProgress.Copying { Transferred: var done, Remaining: var left } =>
                new UpgradeEvent.Copying(id, done + left > 0 ? (double)done / (done + left) : 0),
            _ => null,
        };
        var changes = new Changes();
        lock (_lock)
        {
            if (happened is not null && _upgrades.GetValueOrDefault(domain) is { } upgrade &&
                UpgradeMachine.Next(upgrade.State, happened, _time.GetUtcNow()) is Transition.To { State: var next })
            {
                _upgrades[domain] = upgrade with { State = next };
                changes.Any = true;
            }
        }

        Announce(changes);
    }

    /// <summary>One outage at a time, and none while it is not certain what runs.</summary>
    private bool CanStart_NeedsLock() =>
        _scanIsGood && _interrupted.Count == 0 && !_upgrades.Values.Any(upgrade => upgrade.State is UpgradeState.Running);

    /// <summary>Once a day is often enough for what is kept for days.</summary>
    private void Prune_NeedsLock(DateTimeOffset now)
    {
        if (_options.HistoryKeep > 0 && now - _pruned >= TimeSpan.FromDays(1))
        {
            _store.Prune(now - TimeSpan.FromDays(_options.HistoryKeep));
            _pruned = now;
        }
    }

    private Upgrade? NextApproved_NeedsLock()
    {
        var now = _time.GetUtcNow();
        return _control.Pause is not null || _hold.Length > 0 || PutOffUntil_NeedsLock(now) is not null
            ? null
            : _upgrades.Values
                .Where(upgrade => upgrade is { State: UpgradeState.Approved, Installed: not null, Policy: not null }
                    && PolicyOf(upgrade).Mode != PolicyMode.Never && WindowOf_NeedsLock(upgrade, now).IsOpen)
                .OrderByDescending(upgrade => PolicyOf(upgrade).Priority)
                .ThenBy(upgrade => ((UpgradeState.Approved)upgrade.State).At)
                .ThenBy(upgrade => upgrade.Name, StringComparer.Ordinal)
                .FirstOrDefault();
    }

    /// <summary>What was asked for by name needs no window and no running queue, but nothing real goes against a hold or "never".</summary>
    private AskedHandover? NextAsked_NeedsLock() => _asked
        .Where(asked => asked.Rehearse || (_hold.Length == 0 && PolicyOf(_upgrades[asked.Domain]).Mode != PolicyMode.Never))
        .MinBy(asked => asked.Id);

    private void TakeTogether_NeedsLock(List<HandoverRequest> taken, Changes changes)
    {
        Upgrade? first = null;
        BeginTry_NeedsLock();
        while (taken.Count < _options.Together)
        {
            var asked = NextAsked_NeedsLock();
            // Where the order has one that needs an outage of its own, it is not overtaken.
            if ((asked is null ? NextApproved_NeedsLock() : _upgrades[asked.Domain]) is not { } next ||
                (first is not null && (asked is { Rehearse: true } || !SharesOutage(first, next))))
            {
                return;
            }

            taken.Add(asked is null ? StartApproved_NeedsLock(next) : StartAsked_NeedsLock(next, asked));
            changes.Any = true;
            var started = _upgrades[next.Domain];
            changes.News.Add(new QueueNews.Started(started, (UpgradeState.Running)started.State));
            if (taken[0].Rehearse)
            {
                return;
            }

            first ??= next;
        }
    }

    /// <summary>A copy takes as long as memory is large, and one canary speaks for one change of builds.</summary>
    private static bool SharesOutage(Upgrade first, Upgrade next) =>
        next.State is not UpgradeState.Running
        && first.Assessment?.Method is RamMethod.Shared && next.Assessment?.Method is RamMethod.Shared
        && first.Running.BuildId == next.Running.BuildId && next.HasTarget(first.Installed);

    private HandoverRequest StartAsked_NeedsLock(Upgrade upgrade, AskedHandover asked)
    {
        var started = Start_NeedsLock(upgrade, new UpgradeEvent.StartAsked(asked.Id, asked.Rehearse, asked.By), asked.Id, _time.GetUtcNow(), asked.MaxPause);
        _asked.Remove(asked);
        return started;
    }

    private HandoverRequest StartApproved_NeedsLock(Upgrade upgrade)
    {
        var now = _time.GetUtcNow();
        var approved = (UpgradeState.Approved)upgrade.State;
        var id = _store.Create(upgrade.Domain, upgrade.Name, rehearse: false, approved.By, now);
        return Start_NeedsLock(upgrade, new UpgradeEvent.Start(id), id, now, approved.MaxPause);
    }

    private HandoverRequest Start_NeedsLock(Upgrade upgrade, UpgradeEvent start, long id, DateTimeOffset now, TimeSpan? maxPause)
    {
        var running = (UpgradeState.Running)((Transition.To)UpgradeMachine.Next(upgrade.State, start, now)).State;
        Commit_NeedsLock([upgrade with { State = running }], started: id);
        _handled[upgrade.Domain] = _ticket;
        return new HandoverRequest(id, upgrade.Domain, running.Rehearse, _options.CopyLimit)
        {
            Name = upgrade.Name,
            From = upgrade.Running,
            To = upgrade.Installed,
            MaxPause = maxPause ?? PolicyOf(upgrade).MaxPause,
            MaxOutage = _options.MaxOutage,
        };
    }
}
