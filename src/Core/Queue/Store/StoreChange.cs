using VirtHandover.Contract;

namespace VirtHandover.Queue;

/// <summary>What is written in one transaction: all of it or nothing.</summary>
public sealed record StoreChange
{
    /// <summary>Upgrades that are new or other than before.</summary>
    public IReadOnlyList<Upgrade> Changed { get; init; } = [];

    /// <summary>Domains that have left.</summary>
    public IReadOnlyList<Guid> Removed { get; init; } = [];

    /// <summary>A handover that starts now; 0 when none does.</summary>
    public long Started { get; init; }

    /// <summary>A handover that has ended.</summary>
    public HandoverReport? Ended { get; init; }

    /// <summary>Whether the queue as a whole goes on; null when that has not changed.</summary>
    internal QueueControl? Control { get; init; }

    /// <summary>Nothing is to be written.</summary>
    internal bool IsEmpty => Changed.Count == 0 && Removed.Count == 0 && Started == 0 && Ended is null && Control is null;

    /// <summary>What has to be written so that the database has what the queue is.</summary>
    /// <param name="written">What the database has.</param>
    /// <param name="step">What is made of the queue.</param>
    /// <returns>The change.</returns>
    internal static StoreChange Between(QueueState written, QueueStep step) => new()
    {
        Changed = [.. step.State.Upgrades.Values.Where(upgrade => !IsSame(written.Find(upgrade.Domain), upgrade))],
        Removed = [.. written.Upgrades.Keys.Where(domain => !step.State.Upgrades.ContainsKey(domain))],
        Started = step.Started,
        Ended = step.Ended,
        Control = step.State.Control == written.Control ? null : step.State.Control,
    };

    private static bool IsSame(Upgrade? written, Upgrade now) =>
        ReferenceEquals(written, now) || (written is not null && Kept(written) == Kept(now));

    // Progress is told, not kept: after a restart the handover itself is asked.
    private static string Kept(Upgrade upgrade) => QueueJson.Write(upgrade.State is UpgradeState.Running running
        ? upgrade with { State = running with { Phase = default, PhaseSince = running.StartedAt, PhaseTimes = [], Progress = -1 } }
        : upgrade);
}
