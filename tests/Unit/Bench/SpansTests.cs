using CsCheck;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Tests.Unit.Bench;

public sealed class SpansTests
{
    [Fact]
    public void Time_that_overlaps_counts_once()
    {
        Assert.Equal(0, Spans.Covered([]));
        Assert.Equal(30, Spans.Covered([(0, 10), (20, 40)]));
        Assert.Equal(15, Spans.Covered([(5, 15), (0, 10), (2, 3)]));
    }

    [Fact]
    public void Spans_that_overlap_are_one()
    {
        Assert.Equal(0, Spans.Separate([]));
        Assert.Equal(2, Spans.Separate([(20, 40), (0, 10), (30, 35)]));
        Assert.Equal(1, Spans.Separate([(5, 15), (0, 10), (2, 3), (12, 20)]));
    }

    [Fact]
    public void It_is_as_much_as_counting_by_hand() => Gen.Select(Gen.Int[0, 40], Gen.Int[0, 20]).Array[0, 12].Sample(spans =>
        Assert.Equal(
            Enumerable.Range(0, 60).Count(moment => spans.Any(span => moment >= span.Item1 && moment < span.Item1 + span.Item2)),
            Spans.Covered(spans.Select(span => ((double)span.Item1, (double)(span.Item1 + span.Item2)))),
            6));
}
