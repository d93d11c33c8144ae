using CsCheck;
using VirtHandover.Contract;

namespace VirtHandover.Tests.Unit.Contract;

public sealed class BackoffTests
{
    [Fact]
    public void It_doubles_up_to_its_limit() => Assert.Equal(
        [10, 20, 40, 80, 160, 320, 600, 600],
        Enumerable.Range(0, 8).Select(failures => new Backoff(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10)).After(failures).TotalSeconds));

    [Fact]
    public void It_never_shrinks_and_stays_within_its_limits() =>
        Gen.Select(Gen.Long[1, long.MaxValue], Gen.Long[1, long.MaxValue], Gen.Int[0, int.MaxValue - 1]).Sample((first, longest, failures) =>
        {
            var backoff = new Backoff(TimeSpan.FromTicks(Math.Min(first, longest)), TimeSpan.FromTicks(Math.Max(first, longest)));
            var wait = backoff.After(failures);
            return wait >= backoff.First && wait <= backoff.Longest && backoff.After(failures + 1) >= wait;
        });

    [Fact]
    public void A_first_wait_beyond_the_limit_is_the_limit() =>
        Assert.Equal(TimeSpan.FromSeconds(1), new Backoff(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)).After(0));
}
