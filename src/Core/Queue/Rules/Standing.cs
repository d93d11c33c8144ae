namespace VirtHandover.Queue;

/// <summary>How the queue and its VMs stand, as people read it.</summary>
internal static class Standing
{
    /// <summary>The queue as a whole, in a word and in sentences.</summary>
    public static (string Word, string Reason) Queue(QueueState state) => (state.Control.Pause, state.Hold) switch
    {
        ({ } pause, "") => ("paused", pause.Sentence),
        ({ } pause, _) => ("paused", $"{pause.Sentence} {state.Hold}"),
        (_, "") => ("running", ""),
        _ => ("held", state.Hold),
    };

    /// <summary>All of it.</summary>
    public static QueueSnapshot Snapshot(QueueState state, QueueMoment moment)
    {
        var upgrades = state.Upgrades.Values.OrderBy(upgrade => upgrade.Name, StringComparer.Ordinal).ThenBy(upgrade => upgrade.Domain).ToList();
        var (word, reason) = Queue(state);
        var waiting = new WaitReason(state, moment);
        return new QueueSnapshot(upgrades, moment.Options.Mode, AlarmRule.Text(state), state.LastScan)
        {
            QueueState = word,
            QueueReason = reason,
            MaxPause = moment.Options.MaxPause,
            Standings = upgrades.ToDictionary(upgrade => upgrade.Domain, upgrade =>
            {
                var policy = PolicyRule.Of(state, upgrade, moment.Options);
                var (isOpen, change) = moment.Windows.At(policy.Window, moment.Now);
                return new UpgradeStanding(policy, waiting.Of(upgrade), isOpen ? null : change);
            }),
        };
    }
}
