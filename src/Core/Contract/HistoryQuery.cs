namespace VirtHandover.Contract;

/// <summary>Which past handovers are wanted; the newest come first.</summary>
/// <param name="Domain">One domain, running or not; null for all.</param>
/// <param name="Limit">At most this many.</param>
public sealed record HistoryQuery(Guid? Domain, int Limit)
{
    /// <summary>Started at this moment or later; null for no bound.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Started before this moment; null for no bound.</summary>
    public DateTimeOffset? Until { get; init; }
}
