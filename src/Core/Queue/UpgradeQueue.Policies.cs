using VirtHandover.Foreign;
using VirtHandover.Handover.Preflight;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

public sealed partial class UpgradeQueue
{
    /// <summary>Who approved when the configuration's <c>Mode=auto</c> did.</summary>
    internal const string AutoApprover = "Mode=auto";

    /// <summary>Who approved when the domain's own policy did.</summary>
    internal const string PolicyApprover = "policy auto";

    // Of domains that do not run, too; more than that were never on one host.
    private const int MostGrants = 10_000;

    private readonly Dictionary<string, WindowStanding> _windows = [];
    private Dictionary<Guid, DomainPolicy> _granted = [];

    /// <summary>
    /// Notes that an administrator has set a domain's policy, and takes it over. Only what he named is granted: the rest of it may be
    /// what somebody else wrote into the metadata.
    /// </summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="policy">The policy, as it has just been stored in its metadata.</param>
    /// <param name="change">What he named.</param>
    /// <exception cref="QueueException">It does not run any more, or the database cannot be written; it is seen at the next scan then.</exception>
    public void TakePolicy(Guid domain, DomainPolicy policy, PolicyChange change)
    {
        var changes = new Changes { Any = true };
        lock (_lock)
        {
            var (upgrade, before) = (Find_NeedsLock(domain) with { Policy = policy }, _granted);
            var control = Granting_NeedsLock(domain, change);
            try
            {
                ReadGrants_NeedsLock(control);
                var after = Automatic(upgrade, _time.GetUtcNow());
                CommitAsked_NeedsLock(after, changes, control);
                Tell([(upgrade.State, after)], changes);
            }
            catch (QueueException)
            {
                _granted = before;
                throw;
            }
        }

        Announce(changes);
    }

    /// <summary>The name of a running domain whose policy or definition may be changed now.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <returns>Its name.</returns>
    /// <exception cref="QueueException">It does not run, or its handover does.</exception>
    public string NameToChange(Guid domain)
    {
        lock (_lock)
        {
            var upgrade = Find_NeedsLock(domain);
            return upgrade.State is UpgradeState.Running
                ? throw new QueueException(
                    QueueFault.WrongState, $"The handover of {ForeignText.Escape(upgrade.Name)} is running; its definition can be changed when it has ended.")
                : upgrade.Name;
        }
    }

    private EffectivePolicy PolicyOf(Upgrade upgrade) => EffectivePolicy.Of(
        _options.Policy,
        upgrade.Policy ?? DomainPolicy.None,
        _options.DomainsOverride ? null : _granted.GetValueOrDefault(upgrade.Domain, DomainPolicy.None));

    private QueueControl Granting_NeedsLock(Guid domain, PolicyChange change)
    {
        var all = new Dictionary<Guid, string>(_control.Granted ?? new Dictionary<Guid, string>());
        var granted = _granted.GetValueOrDefault(domain, DomainPolicy.None).With(change);
        if (granted.IsEmpty)
        {
            all.Remove(domain);
        }
        else
        {
            all[domain] = PolicyXml.Write(granted);
        }

        foreach (var other in all.Keys.Where(other => all.Count > MostGrants && other != domain && !_upgrades.ContainsKey(other)).ToList())
        {
            all.Remove(other);
        }

        return _control with { Granted = all.Count == 0 ? null : all };
    }

    // Read once: what applies is asked for at every look.
    private void ReadGrants_NeedsLock(QueueControl control) =>
        _granted = (control.Granted ?? new Dictionary<Guid, string>()).ToDictionary(pair => pair.Key, pair => PolicyXml.Read(pair.Value));

    /// <summary>Gives or takes back approvals that nobody gave but a policy.</summary>
    private Upgrade Automatic(Upgrade upgrade, DateTimeOffset now)
    {
        if (upgrade.Policy is not { } own)
        {
            return upgrade;
        }

        return (PolicyOf(upgrade).Mode, upgrade.State) switch
        {
            (PolicyMode.Auto, UpgradeState.Pending { HeldBy: null }) when upgrade.Assessment is { IsBlocked: false } assessed
                && !assessed.Exceeds(PolicyOf(upgrade).MaxPause) && (_options.EndConnections || !assessed.EndsConnections) =>
                UpgradeMachine.Next(upgrade.State, new UpgradeEvent.Approve(own.Mode is null ? AutoApprover : PolicyApprover), now)
                    is Transition.To { State: var approved } ? upgrade with { State = approved } : upgrade,
            (not PolicyMode.Auto, UpgradeState.Approved { By: AutoApprover or PolicyApprover }) => upgrade with { State = new UpgradeState.Pending() },
            _ => upgrade,
        };
    }

    /// <summary>Tells what nobody has asked for by name: VMs that wait for an approval from now on, and approvals that a policy gave.</summary>
    private static void Tell(IEnumerable<(UpgradeState? Before, Upgrade After)> moved, Changes changes)
    {
        var pending = new List<Upgrade>();
        foreach (var (before, after) in moved)
        {
            if (after.State is UpgradeState.Pending && before is not UpgradeState.Pending)
                pending.Add(after);
            else if (after.State is UpgradeState.Approved approved && (before as UpgradeState.Approved)?.At != approved.At)
                changes.News.Add(new QueueNews.Approved(after, approved.By));
        }

        if (pending.Count > 0)
            changes.News.Add(new QueueNews.BecamePending(pending));
    }

    /// <summary>A policy of "never" goes before everybody, until somebody changes it.</summary>
    /// <exception cref="QueueException">The policy forbids it.</exception>
    private void DemandAllowed_NeedsLock(Upgrade upgrade, string done)
    {
        if (PolicyOf(upgrade).Mode == PolicyMode.Never)
        {
            throw new QueueException(
                QueueFault.WrongState, $"{ForeignText.Escape(upgrade.Name)} was not {done}: {NeverSentence(upgrade)}");
        }
    }

    /// <summary>Nobody is to find out by its standing still that a guest stands still for longer than it may.</summary>
    /// <exception cref="QueueException">It would.</exception>
    private void DemandBudget_NeedsLock(Upgrade upgrade, TimeSpan? maxPause, string done)
    {
        if (upgrade.Assessment is { } assessed && StillPause.Refusal(assessed, maxPause ?? PolicyOf(upgrade).MaxPause) is { } refusal)
        {
            throw new QueueException(
                QueueFault.WrongState, $"{ForeignText.Escape(upgrade.Name)} was not {done} ({refusal.Code}): {refusal.Sentence}");
        }
    }

    private static string NeverSentence(Upgrade upgrade) => upgrade.Policy switch
    {
        { Problem: { Length: > 0 } problem } => problem + ".",
        { Mode: PolicyMode.Never } => "its policy is \"never\"; change that first: virt-handover policy set",
        _ => "Mode=never in the configuration forbids it; give the VM a policy of its own first: virt-handover policy set",
    };

    private WindowStanding WindowOf_NeedsLock(Upgrade upgrade, DateTimeOffset now)
    {
        var window = PolicyOf(upgrade).Window;
        if (_windows.GetValueOrDefault(window.Text) is not { } standing || now < standing.At || now >= standing.Change)
        {
            var (isOpen, change) = window.At(now, _time.LocalTimeZone);
            _windows[window.Text] = standing = new WindowStanding(now, isOpen, change);
        }

        return standing;
    }

    /// <summary>When a window opens or closes that somebody looks at.</summary>
    private DateTimeOffset? NextWindowChange_NeedsLock(DateTimeOffset now) =>
        _upgrades.Values.Select(upgrade => WindowOf_NeedsLock(upgrade, now).Change).Min();

    /// <summary>What a window was found to be.</summary>
    /// <param name="At">When it was looked at.</param>
    /// <param name="IsOpen">Whether handovers may start.</param>
    /// <param name="Change">When that changes; null for never.</param>
    private sealed record WindowStanding(DateTimeOffset At, bool IsOpen, DateTimeOffset? Change);
}
