using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

public sealed partial class UpgradeQueue
{
    /// <summary>True when the preflight's result would decide something for this domain.</summary>
    /// <param name="domain">What detection says.</param>
    /// <param name="instance">The QEMU process.</param>
    /// <param name="again">Where its last result is known, too.</param>
    /// <returns>False for current, running, failed and blocked ones.</returns>
    public bool WantsAssessment(DetectedDomain domain, QemuInstance instance, bool again)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (!domain.IsOutdated)
        {
            return false;
        }

        lock (_lock)
        {
            if (_upgrades.GetValueOrDefault(domain.Uuid) is not { } known)
            {
                return true;
            }

            var isOther = known.Instance != instance || !known.HasTarget(domain.Installed);
            return known.State switch
            {
                UpgradeState.Running => false,
                UpgradeState.Failed or UpgradeState.Blocked => isOther,
                _ => again || isOther || known.Assessment is null,
            };
        }
    }

    /// <summary>True while the domain's handover runs: its preflight would get in the way.</summary>
    /// <param name="domain">The domain's UUID.</param>
    internal bool IsRunning(Guid domain)
    {
        lock (_lock)
        {
            return _upgrades.GetValueOrDefault(domain)?.State is UpgradeState.Running;
        }
    }

    /// <summary>Begins a scan.</summary>
    /// <returns>What <see cref="Merge"/> needs in order to know what the scan cannot have seen.</returns>
    public long BeginScan()
    {
        lock (_lock)
        {
            return ++_ticket;
        }
    }

    /// <summary>Takes a complete scan over: domains that are gone leave, new ones enter, the others are updated.</summary>
    /// <param name="scan">Every running domain.</param>
    /// <param name="ticket">From <see cref="BeginScan"/>, called before the first look at a domain.</param>
    /// <exception cref="StoreException">The database cannot be written; nothing was changed and nothing starts until a scan succeeds.</exception>
    public void Merge(IReadOnlyCollection<ScannedDomain> scan, long ticket)
    {
        ArgumentNullException.ThrowIfNull(scan);
        var changes = new Changes { Any = true };
        try
        {
            lock (_lock)
            {
                Merge_NeedsLock(scan, ticket, changes);
            }
        }
        finally
        {
            Announce(changes);
        }
    }

    /// <summary>A scan failed: nothing is started until one succeeds.</summary>
    /// <param name="sentence">Why, and when the next try is.</param>
    public void ScanFailed(string sentence)
    {
        var changes = new Changes();
        lock (_lock)
        {
            _scanIsGood = false;
            SetAlarm_NeedsLock(AlarmSource.Libvirt, sentence, changes);
        }

        Announce(changes);
    }

    private void Merge_NeedsLock(IReadOnlyCollection<ScannedDomain> complete, long ticket, Changes changes)
    {
        // What was handed over while the scan went on may have been seen as it was before.
        var stale = _handled.Where(one => one.Value >= ticket).Select(one => one.Key).ToHashSet();
        var scan = complete.Where(one => !stale.Contains(one.Domain.Uuid)).ToList();
        var now = _time.GetUtcNow();
        var seen = scan.Select(one => one.Domain.Uuid).ToHashSet();
        var gone = _upgrades.Values.Where(upgrade => !seen.Contains(upgrade.Domain) && !stale.Contains(upgrade.Domain) && !Stays(upgrade)).Select(upgrade => upgrade.Domain).ToList();
        var merged = scan.Select(one => Automatic(Merged_NeedsLock(one, now), now)).ToList();
        var before = merged.ConvertAll(upgrade => (_upgrades.GetValueOrDefault(upgrade.Domain)?.State, upgrade));
        var update = NoticedUpdate.Between(_upgrades.Values, merged);
        try
        {
            Commit_NeedsLock(merged, gone);
        }
        catch (StoreException e)
        {
            _scanIsGood = false;
            _alarms[AlarmSource.Store] = e.Message;
            throw;
        }

        if (update is not null)
            changes.News.Add(update);
        Tell(before, changes);

        _lastScan = now;
        _scanIsGood = true;
        SetAlarm_NeedsLock(AlarmSource.Libvirt, null, changes);
        SetAlarm_NeedsLock(AlarmSource.Emulator, MissingEmulators(scan), changes);
        foreach (var asked in _asked.FindAll(asked => !_upgrades.ContainsKey(asked.Domain)))
        {
            DropAsked_NeedsLock(asked, Reports.Gone(RecordOf(asked, asked.Domain.ToString())), changes);
        }
    }

    private Upgrade Merged_NeedsLock(ScannedDomain scanned, DateTimeOffset now)
    {
        var (domain, instance, assessment) = scanned;
        var known = _upgrades.GetValueOrDefault(domain.Uuid);
        if (domain.ProcessId == 0 && known is not null)
        {
            // It runs but could not be examined this time: no reason to forget what was decided about it.
            return known;
        }

        var happened = new UpgradeEvent.Seen(
            domain.IsOutdated, known?.Instance == instance, known?.HasTarget(domain.Installed) ?? false, assessment);
        var state = known?.State ?? new UpgradeState.Current();
        var next = ((Transition.To)UpgradeMachine.Next(state, happened, now)).State;

        // A current domain has an assessment only because somebody asked for it; it says nothing about another process.
        var keeps = domain.IsOutdated || known?.Instance == instance;
        return new Upgrade
        {
            Domain = domain.Uuid,
            Name = domain.Name,
            Instance = instance,
            Running = domain.Running,
            Installed = domain.Installed,
            Reasons = domain.Reasons,
            Assessment = assessment ?? (keeps ? known?.Assessment : null),
            AssessedAt = assessment is not null ? now : keeps ? known?.AssessedAt : null,
            Policy = scanned.Policy ?? known?.Policy,
            State = next,
            LastReport = known?.LastReport,
        };
    }

    /// <summary>A running handover's domain may be out of libvirt's sight for a moment; a stranded one needs the administrator's eyes.</summary>
    private static bool Stays(Upgrade upgrade) =>
        upgrade.State is UpgradeState.Running or UpgradeState.Failed { Report.Outcome: HandoverOutcome.Stranded };

    private static string? MissingEmulators(List<ScannedDomain> scan)
    {
        var sentences = scan.Where(one => one.Domain.Installed is null).Select(one => ForeignText.Escape(ProblemOf(one.Domain))).Distinct().Order().ToList();
        return sentences.Count == 0 ? null : string.Join(' ', sentences);
    }

    private static string ProblemOf(DetectedDomain domain)
    {
        return domain.Problem.Length > 0
            ? domain.Problem
            : $"{domain.Running.Path} is missing or cannot be executed, so its VMs cannot be handed over; they run on. Install QEMU again.";
    }
}
