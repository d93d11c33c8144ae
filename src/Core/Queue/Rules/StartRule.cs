using VirtHandover.Handover;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>Which handover starts next: first what was asked for by name, then what was approved, each in its order.</summary>
internal static class StartRule
{
    /// <summary>One outage at a time, and none while it is not certain what runs.</summary>
    public static bool CanStart(QueueState state) => state.IsScanGood && state.Interrupted.IsEmpty && !state.IsRunning;

    /// <summary>Whether a handover waits and could start now.</summary>
    public static bool HasWork(QueueState state, QueueMoment moment) => CanStart(state) && First(state, moment) is not null;

    /// <summary>What comes first, of all that waits and may start.</summary>
    /// <returns>Null when nothing may.</returns>
    public static Candidate? First(QueueState state, QueueMoment moment) =>
        FirstAsked(state, moment) ?? (FirstApproved(state, moment) is { } approved ? new Candidate(approved, null) : null);

    /// <summary>Starts it.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="next">What starts.</param>
    /// <param name="id">Its number.</param>
    /// <param name="moment">When.</param>
    public static QueueStep Start(QueueState state, Candidate next, long id, QueueMoment moment)
    {
        var (upgrade, asked) = next;
        UpgradeEvent start = asked is null ? new UpgradeEvent.Start(id) : new UpgradeEvent.StartAsked(id, asked.Rehearse, asked.By);
        var running = (UpgradeState.Running)((Transition.To)UpgradeMachine.Next(upgrade.State, start, moment.Now)).State;
        var started = upgrade with { State = running };
        return new QueueStep(state.With(started) with
        {
            Asked = asked is null ? state.Asked : state.Asked.Remove(asked),
            PutOff = state.PutOff is { } before ? before with { IsOfThisTry = false } : null,
            Handled = state.Handled.SetItem(upgrade.Domain, state.Ticket),
        })
        {
            Started = id,
            News = [new QueueNews.Started(started, running)],
        };
    }

    /// <summary>What is asked of whoever carries it out.</summary>
    /// <param name="state">The queue in which it has started.</param>
    /// <param name="next">What has started.</param>
    /// <param name="id">Its number.</param>
    /// <param name="options">The configuration.</param>
    public static HandoverRequest Request(QueueState state, Candidate next, long id, QueueOptions options) =>
        new(id, next.Upgrade.Domain, next.IsRehearsal, options.CopyLimit)
        {
            Name = next.Upgrade.Name,
            From = next.Upgrade.Running,
            To = next.Upgrade.Installed,
            MaxPause = (next.Asked is { } asked ? asked.MaxPause : (next.Upgrade.State as UpgradeState.Approved)?.MaxPause)
                ?? PolicyRule.Of(state, next.Upgrade, options).MaxPause,
            MaxOutage = options.MaxOutage,
        };

    /// <summary>What was asked for by name needs no window and no running queue, but nothing real goes against a hold or "never".</summary>
    private static Candidate? FirstAsked(QueueState state, QueueMoment moment) => state.Asked
        // One that has ended since is dropped by the next scan.
        .Where(asked => state.Find(asked.Domain) is { } upgrade
            && (asked.Rehearse || (state.Hold.Length == 0 && !PolicyRule.IsNever(state, upgrade, moment.Options))))
        .OrderBy(asked => asked.Id)
        .Select(asked => new Candidate(state.Upgrades[asked.Domain], asked))
        .FirstOrDefault();

    private static Upgrade? FirstApproved(QueueState state, QueueMoment moment) =>
        state.Control.Pause is not null || state.Hold.Length > 0 || state.PutOff?.NotBefore(moment.Now) is not null
            ? null
            : state.Upgrades.Values
                .Where(upgrade => upgrade is { State: UpgradeState.Approved, Installed: not null, Policy: not null })
                .Select(upgrade => (Upgrade: upgrade, Policy: PolicyRule.Of(state, upgrade, moment.Options)))
                .Where(one => one.Policy.Mode != PolicyMode.Never && moment.Windows.At(one.Policy.Window, moment.Now).IsOpen)
                .OrderByDescending(one => one.Policy.Priority)
                .ThenBy(one => ((UpgradeState.Approved)one.Upgrade.State).At)
                .ThenBy(one => one.Upgrade.Name, StringComparer.Ordinal)
                .Select(one => one.Upgrade)
                .FirstOrDefault();

    /// <summary>A handover that may start.</summary>
    /// <param name="Upgrade">The VM, as it was before the start.</param>
    /// <param name="Asked">Who asked for it by name; null for an approved one.</param>
    internal sealed record Candidate(Upgrade Upgrade, AskedHandover? Asked)
    {
        /// <summary>Whether it stops after the twin check.</summary>
        public bool IsRehearsal => Asked is { Rehearse: true };
    }
}
