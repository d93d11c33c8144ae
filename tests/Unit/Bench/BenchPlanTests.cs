using VirtHandover.Bench.Plan;

namespace VirtHandover.Tests.Unit.Bench;

public sealed class BenchPlanTests
{
    [Fact]
    public void The_quick_plan_is_a_part_of_the_full_one()
    {
        var full = BenchPlan.FromEnvironment(_ => null);
        var quick = BenchPlan.FromEnvironment(name => name == "BENCH_QUICK" ? "1" : null);
        Assert.False(full.Quick);
        Assert.True(quick.Quick);
        Assert.Subset(full.Memory.ToHashSet(), quick.Memory.ToHashSet());
        Assert.Subset(full.Vcpus.ToHashSet(), quick.Vcpus.ToHashSet());
        Assert.Subset(full.Loads.ToHashSet(), quick.Loads.ToHashSet());
        Assert.Subset(full.PeerMemory.ToHashSet(), quick.PeerMemory.ToHashSet());
        Assert.Subset(full.Many.ToHashSet(), quick.Many.ToHashSet());
        Assert.Subset(full.Parts.ToHashSet(), quick.Parts.ToHashSet());
        Assert.True(full.Count >= 10 && full.EndsCount > full.Count);
    }

    [Fact]
    public void Each_variable_can_be_chosen()
    {
        var plan = BenchPlan.FromEnvironment(name => name switch
        {
            "BENCH_MEMORY" => "4096, 2048",
            "BENCH_LOADS" => "idle 2:64:max",
            "BENCH_COUNT" => "3",
            _ => null,
        });
        Assert.Equal([2048, 4096], plan.Memory);
        Assert.Equal([LoadSpec.Idle, new LoadSpec(2, 64, 0)], plan.Loads);
        Assert.Equal((3, 20), (plan.CountOf(2048, 1, LoadSpec.Idle), plan.CountOf(2048, 2, LoadSpec.Idle)));
    }

    [Fact]
    public void Guests_that_goals_are_made_of_come_first()
    {
        var plan = BenchPlan.FromEnvironment(name => name switch { "BENCH_MEMORY" => "1024 2048", "BENCH_VCPUS" => "1 2", _ => null });
        Assert.Equal([(1024, 2), (2048, 2), (1024, 1), (2048, 1)], plan.Guests());
    }

    [Theory]
    [InlineData("BENCH_MEMORY", "many")]
    [InlineData("BENCH_COUNT", "0")]
    [InlineData("BENCH_COUNT", "-1")]
    [InlineData("BENCH_LOADS", "1:2")]
    [InlineData("BENCH_LOADS", "9:512:max")]
    [InlineData("BENCH_LOADS", "1:4096:max")]
    [InlineData("BENCH_PARTS", "gird")]
    [InlineData("BENCH_PEER_FILL", "90")]
    public void What_makes_no_sense_is_refused_with_a_sentence(string variable, string value)
    {
        var e = Assert.Throws<FormatException>(() => BenchPlan.FromEnvironment(name => name == variable ? value : null));
        Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("idle")]
    [InlineData("1:256:100")]
    [InlineData("4:512:max")]
    public void A_load_reads_back_as_it_is_written(string text) => Assert.Equal(text, LoadSpec.Parse(text).ToString());
}
