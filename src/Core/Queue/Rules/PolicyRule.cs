using System.Collections.Immutable;
using VirtHandover.Foreign;
using VirtHandover.Handover.Preflight;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>What a VM's own policy, what an administrator has granted of it, and the configuration come to.</summary>
internal static class PolicyRule
{
    /// <summary>Who approved when the configuration's <c>Mode=auto</c> did.</summary>
    internal const string AutoApprover = "Mode=auto";

    /// <summary>Who approved when the domain's own policy did.</summary>
    internal const string PolicyApprover = "policy auto";

    // Of domains that do not run, too; more than that were never on one host.
    private const int MostGrants = 10_000;

    /// <summary>What applies to a VM.</summary>
    public static EffectivePolicy Of(QueueState state, Upgrade upgrade, QueueOptions options) => EffectivePolicy.Of(
        options.Policy,
        upgrade.Policy ?? DomainPolicy.None,
        options.DomainsOverride ? null : state.Granted.GetValueOrDefault(upgrade.Domain, DomainPolicy.None));

    /// <summary>Whether a VM's maintenance window is open, and when that changes.</summary>
    public static (bool IsOpen, DateTimeOffset? Change) Window(QueueState state, Upgrade upgrade, QueueMoment moment) =>
        moment.Windows.At(Of(state, upgrade, moment.Options).Window, moment.Now);

    /// <summary>Whether a person has approved it.</summary>
    public static bool IsApprovedByHand(Upgrade upgrade) => upgrade.State is UpgradeState.Approved { By: not (AutoApprover or PolicyApprover) };

    /// <summary>Gives or takes back an approval that nobody gave but a policy.</summary>
    public static Upgrade Automatic(QueueState state, Upgrade upgrade, QueueMoment moment)
    {
        if (upgrade.Policy is not { } own)
            return upgrade;
        var policy = Of(state, upgrade, moment.Options);
        return (policy.Mode, upgrade.State) switch
        {
            (PolicyMode.Auto, UpgradeState.Pending { HeldBy: null }) when upgrade.Assessment is { IsBlocked: false } assessed
                && !assessed.Exceeds(policy.MaxPause) && (moment.Options.EndConnections || !assessed.EndsConnections) =>
                UpgradeMachine.Next(upgrade.State, new UpgradeEvent.Approve(own.Mode is null ? AutoApprover : PolicyApprover), moment.Now)
                    is Transition.To { State: var approved } ? upgrade with { State = approved } : upgrade,
            (not PolicyMode.Auto, UpgradeState.Approved { By: AutoApprover or PolicyApprover }) => upgrade with { State = new UpgradeState.Pending() },
            _ => upgrade,
        };
    }

    /// <summary>
    /// Takes a policy over that an administrator has just set. Only what he named is granted: the rest of it may be what somebody else wrote into the
    /// metadata.
    /// </summary>
    /// <param name="state">The queue.</param>
    /// <param name="domain">The VM.</param>
    /// <param name="policy">Its policy, as it has just been stored in its metadata.</param>
    /// <param name="change">What he named.</param>
    /// <param name="moment">When.</param>
    /// <exception cref="QueueException">It does not run any more.</exception>
    public static QueueStep Take(QueueState state, Guid domain, DomainPolicy policy, PolicyChange change, QueueMoment moment)
    {
        var upgrade = state.Named(domain) with { Policy = policy };
        var control = Granting(state, domain, change);
        var next = state with { Control = control, Granted = Granted(control) };
        var after = Automatic(next, upgrade, moment);
        return new QueueStep(next.With(after)) { News = Moved.News([(upgrade.State, after)]) };
    }

    /// <summary>Reads what administrators have granted.</summary>
    public static ImmutableDictionary<Guid, DomainPolicy> Granted(QueueControl control) =>
        (control.Granted ?? ImmutableDictionary<Guid, string>.Empty).ToImmutableDictionary(pair => pair.Key, pair => PolicyXml.Read(pair.Value));

    /// <summary>A policy of "never" goes before everybody, until somebody changes it.</summary>
    /// <exception cref="QueueException">The policy forbids it.</exception>
    public static void DemandAllowed(QueueState state, Upgrade upgrade, QueueOptions options, string done)
    {
        if (IsNever(state, upgrade, options))
        {
            throw new QueueException(
                QueueFault.WrongState, $"{ForeignText.Escape(upgrade.Name)} was not {done}: {NeverSentence(upgrade)}");
        }
    }

    /// <summary>Nobody is to find out by its standing still that a guest stands still for longer than it may.</summary>
    /// <exception cref="QueueException">It would.</exception>
    public static void DemandBudget(QueueState state, Upgrade upgrade, QueueOptions options, TimeSpan? maxPause, string done)
    {
        if (upgrade.Assessment is { } assessed && StillPause.Refusal(assessed, maxPause ?? Of(state, upgrade, options).MaxPause) is { } refusal)
        {
            throw new QueueException(
                QueueFault.WrongState, $"{ForeignText.Escape(upgrade.Name)} was not {done} ({refusal.Code}): {refusal.Sentence}");
        }
    }

    /// <summary>Whether nothing real may happen to a VM.</summary>
    public static bool IsNever(QueueState state, Upgrade upgrade, QueueOptions options) => Of(state, upgrade, options).Mode == PolicyMode.Never;

    /// <summary>Why nothing may happen to a VM; the end of a sentence.</summary>
    public static string NeverSentence(Upgrade upgrade) => upgrade.Policy switch
    {
        { Problem: { Length: > 0 } problem } => problem + ".",
        { Mode: PolicyMode.Never } => "its policy is \"never\"; change that first: virt-handover policy set",
        _ => "Mode=never in the configuration forbids it; give the VM a policy of its own first: virt-handover policy set",
    };

    private static QueueControl Granting(QueueState state, Guid domain, PolicyChange change)
    {
        var all = new Dictionary<Guid, string>(state.Control.Granted ?? ImmutableDictionary<Guid, string>.Empty);
        var granted = state.Granted.GetValueOrDefault(domain, DomainPolicy.None).With(change);
        if (granted.IsEmpty)
            all.Remove(domain);
        else
            all[domain] = PolicyXml.Write(granted);
        foreach (var other in all.Keys.Where(other => all.Count > MostGrants && other != domain && !state.Upgrades.ContainsKey(other)).ToList())
            all.Remove(other);
        return state.Control with { Granted = all.Count == 0 ? null : all };
    }
}
