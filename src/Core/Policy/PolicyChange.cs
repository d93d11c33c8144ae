namespace VirtHandover.Policy;

/// <summary>What somebody wants to change of one domain's policy, as it was written; null leaves a part as it is.</summary>
public sealed record PolicyChange
{
    /// <summary><c>auto</c>, <c>ask</c> or <c>never</c>; empty removes it, so that the configuration decides again.</summary>
    public string? Mode { get; init; }

    /// <summary>Maintenance windows, for example <c>Sun 02:00-04:00</c>; empty removes them.</summary>
    public string? Window { get; init; }

    /// <summary>The pause budget in µs; 0 removes it.</summary>
    public long? MaxPauseMicroseconds { get; init; }

    /// <summary>Its place in the queue, higher is earlier; 0 removes it.</summary>
    public int? Priority { get; init; }
}
