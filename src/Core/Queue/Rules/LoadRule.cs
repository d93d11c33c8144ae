using System.Collections.Immutable;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>What a new service makes of the queue that the last one has left.</summary>
internal static class LoadRule
{
    /// <summary>The queue as the database has it.</summary>
    /// <param name="upgrades">The VMs.</param>
    /// <param name="control">Whether the queue as a whole goes on.</param>
    public static QueueState Kept(IEnumerable<Upgrade> upgrades, QueueControl control) => new()
    {
        Upgrades = upgrades.ToImmutableDictionary(upgrade => upgrade.Domain),
        Control = control,
        Granted = PolicyRule.Granted(control),
    };

    /// <summary>The queue as it begins.</summary>
    /// <param name="kept">As the database has it.</param>
    /// <param name="started">Handovers that are recorded as started, and have no end.</param>
    /// <param name="options">The configuration.</param>
    public static QueueState Begin(QueueState kept, IEnumerable<HandoverRecord> started, QueueOptions options)
    {
        ImmutableList<HandoverRecord> interrupted = [.. started];
        var running = interrupted.Select(record => record.Id).ToHashSet();
        return kept.With(kept.Upgrades.Values.Select(upgrade => upgrade.State switch
        {
            // An administrator who turned Mode=auto off does not expect its old approvals to be carried out.
            UpgradeState.Approved { By: PolicyRule.AutoApprover } when options.Mode == PolicyMode.Ask => upgrade with { State = new UpgradeState.Pending() },
            // A running entry needs an unfinished handover; without one (somebody edited the database) nobody would ever end it.
            UpgradeState.Running state when !running.Contains(state.Id) => upgrade with { State = new UpgradeState.Pending("a restart of the service") },
            _ => upgrade,
        })) with
        { Interrupted = interrupted };
    }
}
