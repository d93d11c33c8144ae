using CsCheck;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Tests.Unit.Bench;

public sealed class SampleTests
{
    private static readonly Gen<double[]> Values = Gen.Double[-1e6, 1e6].Array[1, 60];

    [Theory]
    [InlineData(new[] { 3.0 }, 3, 3, 3, 3)]
    [InlineData(new[] { 4.0, 1, 3, 2 }, 2.5, 4, 4, 4)]
    [InlineData(new[] { 5.0, 1, 4, 2, 3 }, 3, 5, 5, 5)]
    public void Small_samples_give_what_a_person_would_say(double[] values, double median, double p95, double p99, double maximum)
    {
        var sample = new Sample(values);
        Assert.Equal((median, p95, p99, maximum), (sample.Median, sample.Percentile(95), sample.Percentile(99), sample.Maximum));
    }

    [Fact]
    public void The_95th_percentile_of_20_is_the_19th()
    {
        var sample = new Sample(Enumerable.Range(1, 20).Select(number => (double)number));
        Assert.Equal((19, 20, 10), (sample.Percentile(95), sample.Percentile(99), sample.Percentile(50)));
    }

    [Fact]
    public void A_percentile_is_the_smallest_value_that_covers_its_share() => Gen.Select(Values, Gen.Int[1, 100]).Sample((values, percent) =>
    {
        var found = new Sample(values).Percentile(percent);
        Assert.Contains(found, values);
        Assert.True(values.Count(value => value <= found) * 100 >= percent * values.Length);
        Assert.True(values.Count(value => value < found) * 100 < percent * values.Length);
    });

    [Fact]
    public void The_order_of_measuring_does_not_matter() => Values.Sample(values =>
    {
        var one = new Sample(values);
        var other = new Sample(values.Reverse());
        Assert.Equal((one.Median, one.Minimum, one.Maximum, one.Percentile(99)), (other.Median, other.Minimum, other.Maximum, other.Percentile(99)));
        Assert.InRange(one.Median, one.Minimum, one.Maximum);
    });

    [Fact]
    public void What_is_no_number_is_refused_and_nothing_has_no_figures()
    {
        Assert.Throws<ArgumentException>(() => new Sample([1, double.NaN]));
        var empty = new Sample([]);
        Assert.True(empty.IsEmpty);
        Assert.Throws<InvalidOperationException>(() => empty.Median);
        Assert.Throws<InvalidOperationException>(() => empty.Percentile(99));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sample([1]).Percentile(0));
    }
}
