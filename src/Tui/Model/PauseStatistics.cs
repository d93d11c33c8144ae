namespace VirtHandover.Tui.Model;

/// <summary>What a series of pauses was like; all in µs.</summary>
/// <param name="Pauses">Oldest first.</param>
/// <param name="P50">Half of them were not longer (nearest rank).</param>
/// <param name="P95">95 of 100 were not longer.</param>
/// <param name="Max">The longest.</param>
internal sealed record PauseStatistics(IReadOnlyList<long> Pauses, long P50, long P95, long Max)
{
    public long Last => Pauses[^1];

    /// <summary>Null when there was no pause.</summary>
    /// <param name="pauses">Oldest first; those of 0 µs were none.</param>
    public static PauseStatistics? Of(IEnumerable<long> pauses)
    {
        long[] real = [.. pauses.Where(pause => pause > 0)];
        long[] sorted = [.. real.Order()];
        return real.Length == 0 ? null : new(real, Rank(sorted, 50), Rank(sorted, 95), sorted[^1]);
    }

    private static long Rank(long[] sorted, int percent) => sorted[((sorted.Length * percent) + 99) / 100 - 1];
}
