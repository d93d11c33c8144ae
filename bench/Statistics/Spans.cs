namespace VirtHandover.Bench.Statistics;

/// <summary>Spans of time.</summary>
internal static class Spans
{
    /// <summary>How many there are when those that overlap are one.</summary>
    public static int Separate(IEnumerable<(double From, double To)> spans)
    {
        var (count, end) = (0, double.NegativeInfinity);
        foreach (var (from, to) in spans.OrderBy(span => span.From))
        {
            if (from > end)
                count++;
            end = Math.Max(end, to);
        }

        return count;
    }

    /// <summary>How long at least one of the spans lasted: spans that overlap count once.</summary>
    public static double Covered(IEnumerable<(double From, double To)> spans)
    {
        double covered = 0, end = double.NegativeInfinity;
        foreach (var (from, to) in spans.OrderBy(span => span.From))
        {
            if (to <= end)
                continue;
            covered += to - Math.Max(from, end);
            end = to;
        }

        return covered;
    }
}
