namespace VirtHandover.Queue;

/// <summary>The whole queue at one moment.</summary>
/// <param name="Upgrades">Every running domain, by name.</param>
/// <param name="Mode">Who approves.</param>
/// <param name="Alarm">What the administrator has to read; empty when all is well.</param>
/// <param name="LastScan">When the domains were last looked at; null before the first scan.</param>
public sealed record QueueSnapshot(
    IReadOnlyList<Upgrade> Upgrades, QueueMode Mode, string Alarm, DateTimeOffset? LastScan);
