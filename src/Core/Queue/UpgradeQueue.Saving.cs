using VirtHandover.Contract;

namespace VirtHandover.Queue;

public sealed partial class UpgradeQueue
{
    /// <summary>Writes, then shows. When the database cannot be written nothing changes.</summary>
    /// <exception cref="StoreException">The database cannot be written.</exception>
    private void Commit_NeedsLock(
        IReadOnlyCollection<Upgrade> upgrades, List<Guid>? removed = null, long started = 0, HandoverReport? ended = null, QueueControl? control = null)
    {
        // Progress is told, not kept: after a restart the handover itself is asked.
        var bodies = upgrades.Select(upgrade => (Upgrade: upgrade, Body: QueueJson.Write(upgrade)))
            .Where(one => _saved.GetValueOrDefault(one.Upgrade.Domain) != one.Body)
            .ToList();
        removed ??= [];
        control = control == _control ? null : control;
        if (bodies.Count > 0 || removed.Count > 0 || started != 0 || ended is not null || control is not null)
        {
            _store.Commit(
                new StoreChange
                {
                    Changed = [.. bodies.Select(one => one.Upgrade)],
                    Removed = removed,
                    Started = started,
                    Ended = ended,
                    Control = control,
                },
                _time.GetUtcNow());
        }

        foreach (var (upgrade, body) in bodies)
        {
            _saved[upgrade.Domain] = body;
        }

        foreach (var upgrade in upgrades)
        {
            _upgrades[upgrade.Domain] = upgrade;
        }

        foreach (var domain in removed)
        {
            _upgrades.Remove(domain);
            _saved.Remove(domain);
        }

        _control = control ?? _control;
        _alarms.Remove(AlarmSource.Store);
    }

    /// <summary>Commits something an administrator asked for.</summary>
    /// <exception cref="QueueException">The database cannot be written; nothing was changed.</exception>
    private void CommitAsked_NeedsLock(Upgrade upgrade, Changes changes, QueueControl? control = null)
    {
        try
        {
            Commit_NeedsLock([upgrade], control: control);
            changes.Any = true;
        }
        catch (StoreException e)
        {
            throw NotRecorded_NeedsLock(e);
        }
    }

    private QueueException NotRecorded_NeedsLock(StoreException e)
    {
        _alarms[AlarmSource.Store] = e.Message;
        return new QueueException(QueueFault.NotRecorded, $"{e.Message} Nothing was done to any VM, and nothing was changed.");
    }
}
