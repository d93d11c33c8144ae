using VirtHandover.Contract;

namespace VirtHandover.Queue;

/// <summary>Which handovers share an outage of libvirt.</summary>
internal static class GroupRule
{
    /// <summary>What starts next.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="first">The first of those that have just been started; null before it.</param>
    /// <param name="moment">When.</param>
    /// <returns>Null when nothing may, or nothing may join them.</returns>
    public static StartRule.Candidate? Next(QueueState state, StartRule.Candidate? first, QueueMoment moment) => first is null
        ? StartRule.CanStart(state) ? StartRule.First(state, moment) : null
        // Where the order has one that needs an outage of its own, it is not overtaken.
        : !first.IsRehearsal && StartRule.First(state, moment) is { IsRehearsal: false } next && SharesOutage(first.Upgrade, next.Upgrade) ? next : null;

    /// <summary>A copy takes as long as memory is large, and one canary speaks for one change of builds.</summary>
    private static bool SharesOutage(Upgrade first, Upgrade next) =>
        next.State is not UpgradeState.Running
        && first.Assessment?.Method is RamMethod.Shared && next.Assessment?.Method is RamMethod.Shared
        && first.Running.BuildId == next.Running.BuildId && next.HasTarget(first.Installed);
}
