namespace VirtHandover.Queue;

/// <summary>What happens because time passes.</summary>
internal static class DueRule
{
    /// <summary>When a deferral ends, a maintenance window opens or closes that somebody looks at, or what was put off is tried again.</summary>
    /// <returns>Null when nothing of it is to come.</returns>
    public static DateTimeOffset? Next(QueueState state, QueueMoment moment) => new[]
    {
        state.Upgrades.Values.Select(upgrade => (upgrade.State as UpgradeState.Deferred)?.Until).Min(),
        state.Upgrades.Values.Select(upgrade => PolicyRule.Window(state, upgrade, moment).Change).Min(),
        state.PutOff?.NotBefore(moment.Now),
    }.Min();

    /// <summary>Notes which maintenance windows are open.</summary>
    /// <returns>The queue from now on; the same one when none has opened or closed.</returns>
    public static QueueState Windows(QueueState state, QueueMoment moment)
    {
        var open = state.Upgrades.Values.Where(upgrade => PolicyRule.Window(state, upgrade, moment).IsOpen).Select(upgrade => upgrade.Domain).ToHashSet();
        return state.Open.SetEquals(open) ? state : state with { Open = [.. open] };
    }

    /// <summary>Makes deferred VMs pending again whose time has come.</summary>
    /// <returns>Null when there are none.</returns>
    public static QueueStep? Deferrals(QueueState state, QueueMoment moment)
    {
        var due = state.Upgrades.Values
            .Where(upgrade => upgrade.State is UpgradeState.Deferred)
            .OrderBy(upgrade => upgrade.Name, StringComparer.Ordinal)
            .Select(upgrade => (Before: upgrade, Next: UpgradeMachine.Next(upgrade.State, new UpgradeEvent.Tick(), moment.Now)))
            .Where(one => one.Next is Transition.To { State: not UpgradeState.Deferred })
            .Select(one => PolicyRule.Automatic(state, one.Before with { State = ((Transition.To)one.Next).State }, moment))
            .ToList();
        return due.Count == 0 ? null : new QueueStep(state.With(due))
        {
            News = Moved.News(due.Select(upgrade => (state.Find(upgrade.Domain)?.State, upgrade))),
            IsScanWanted = true,
        };
    }
}
