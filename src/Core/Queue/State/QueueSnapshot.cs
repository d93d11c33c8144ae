using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>The whole queue at one moment.</summary>
/// <param name="Upgrades">Every running domain, by name.</param>
/// <param name="Mode">Who approves.</param>
/// <param name="Alarm">What the administrator has to read; empty when all is well.</param>
/// <param name="LastScan">When the domains were last looked at; null before the first scan.</param>
public sealed record QueueSnapshot(
    IReadOnlyList<Upgrade> Upgrades, PolicyMode Mode, string Alarm, DateTimeOffset? LastScan)
{
    /// <summary><c>running</c>, <c>paused</c> or <c>held</c>.</summary>
    public string QueueState { get; init; } = "running";

    /// <summary>Why nothing starts, in sentences; empty while the queue runs.</summary>
    public string QueueReason { get; init; } = "";

    /// <summary>How long a guest may stand still by the configuration.</summary>
    public TimeSpan MaxPause { get; init; }

    /// <summary>For each of <see cref="Upgrades"/>, what holds for it now.</summary>
    public IReadOnlyDictionary<Guid, UpgradeStanding> Standings { get; init; } = new Dictionary<Guid, UpgradeStanding>();
}
