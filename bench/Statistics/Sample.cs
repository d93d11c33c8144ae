namespace VirtHandover.Bench.Statistics;

/// <summary>Measured values of one kind, in order of size. Percentiles are by nearest rank: always a value that was measured.</summary>
internal sealed class Sample
{
    private readonly double[] _sorted;

    /// <exception cref="ArgumentException">A value is not a number.</exception>
    public Sample(IEnumerable<double> values)
    {
        _sorted = [.. values.Order()];
        if (_sorted.Any(value => !double.IsFinite(value)))
            throw new ArgumentException("A sample has a value that is not a finite number.", nameof(values));
    }

    public int Count => _sorted.Length;

    public bool IsEmpty => _sorted.Length == 0;

    public double Minimum => At(0);

    public double Maximum => At(_sorted.Length - 1);

    /// <summary>The middle value; of an even number the mean of the two in the middle.</summary>
    public double Median => _sorted.Length % 2 == 1
        ? At(_sorted.Length / 2)
        : (At((_sorted.Length / 2) - 1) + At(_sorted.Length / 2)) / 2;

    public double Mean => IsEmpty ? throw Empty() : _sorted.Average();

    /// <summary>The smallest value that at least so many percent of all do not exceed.</summary>
    /// <param name="percent">Above 0, at most 100.</param>
    public double Percentile(double percent)
    {
        if (percent is not (> 0 and <= 100))
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "A percentile lies above 0 and at most at 100.");
        // 95.0 / 100 * 20 is 19.000000000000004: without the small step back the rank would be one too high.
        return At((int)Math.Ceiling((percent / 100 * _sorted.Length) - 1e-9) - 1);
    }

    private double At(int index) => IsEmpty ? throw Empty() : _sorted[index];

    private static InvalidOperationException Empty() => new("An empty sample has no values.");
}
