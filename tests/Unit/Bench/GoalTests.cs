using VirtHandover.Bench.Statistics;

namespace VirtHandover.Tests.Unit.Bench;

public sealed class GoalTests
{
    [Theory]
    [InlineData(12.0, 10.0, 1.2, true)]
    [InlineData(12.1, 10.0, 1.2, false)]
    [InlineData(null, 10.0, 1.2, null)]
    [InlineData(12.0, null, 1.2, null)]
    [InlineData(12.0, 0.0, 1.2, null)]
    public void A_goal_is_reached_up_to_its_limit_and_not_judged_without_figures(double? figure, double? reference, double limit, bool? reached)
    {
        var goal = Goal.Of("pause", figure, reference, limit);
        Assert.Equal(reached, goal.IsReached);
        Assert.Equal(reached is null, goal.Missing.Length > 0);
    }
}
