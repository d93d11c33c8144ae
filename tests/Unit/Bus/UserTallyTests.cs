using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

public sealed class UserTallyTests
{
    [Fact]
    public void Each_user_and_all_together_have_so_many_open()
    {
        var tally = new UserTally(each: 2, all: 3);
        var first = tally.TryOpen(1);
        Assert.NotNull(first);
        Assert.NotNull(tally.TryOpen(1));
        Assert.Null(tally.TryOpen(1));
        Assert.NotNull(tally.TryOpen(2));
        Assert.Null(tally.TryOpen(3));
        first.Dispose();
        Assert.NotNull(tally.TryOpen(3));
        Assert.Null(tally.TryOpen(1));
    }
}
