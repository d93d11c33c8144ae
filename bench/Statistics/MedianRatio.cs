namespace VirtHandover.Bench.Statistics;

/// <summary>The ratio of two samples' medians, and how far chance could have moved it.</summary>
/// <param name="Value">The ratio.</param>
/// <param name="Low">The lower end of its 95 % interval.</param>
/// <param name="High">The upper end.</param>
internal sealed record MedianRatio(double Value, double Low, double High)
{
    private const int Draws = 2000;

    /// <summary>Compares two samples; the interval is from drawing anew from each (bootstrap), always with the same numbers.</summary>
    /// <returns>Null when one is empty, or the first is 0.</returns>
    public static MedianRatio? Of(IReadOnlyList<double> before, IReadOnlyList<double> after)
    {
        if (before.Count == 0 || after.Count == 0 || new Sample(before).Median is not (> 0 and var median))
            return null;
        var random = new Random(1);
        double Drawn(IReadOnlyList<double> values) => new Sample(values.Select(_ => values[random.Next(values.Count)])).Median;
        var ratios = new Sample(Enumerable.Range(0, Draws).Select(_ => Drawn(after) / Drawn(before)).Where(double.IsFinite));
        return ratios.IsEmpty ? null : new MedianRatio(new Sample(after).Median / median, ratios.Percentile(2.5), ratios.Percentile(97.5));
    }
}
