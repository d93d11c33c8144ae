using VirtHandover.Bus.Gate;

namespace VirtHandover.Tests.Unit.Bus.Gate;

public sealed class CallerNamesTests
{
    private readonly CallerNames _names = new(new GateLimits { UnnamedBytes = 1000, Names = 2, Patience = TimeSpan.FromSeconds(2) });

    [Fact]
    public void Calls_wait_for_their_callers_name_in_their_order()
    {
        var (first, second) = (TurnstileTests.Call(":a", 1), TurnstileTests.Call(":a", 2));
        Assert.True(_names.Keep(first, out _));
        Assert.False(_names.Keep(second, out _));
        Assert.Equal([first, second], _names.Learn(":a", 7));
        Assert.True(_names.TryGet(":a", out var user));
        Assert.Equal(7u, user);
    }

    [Fact]
    public void The_longest_goes_first()
    {
        var big = TurnstileTests.Call(":flood", 1, size: 900);
        Assert.True(_names.Keep(big, out _));
        Assert.True(_names.Keep(TurnstileTests.Call(":root", 1, size: 150), out var refused));
        Assert.Same(big, Assert.Single(refused));
        Assert.Single(_names.Learn(":root", 0));
    }

    [Fact]
    public void One_connection_has_so_many()
    {
        for (uint i = 0; i < 16; i++)
        {
            _names.Keep(TurnstileTests.Call(":a", i, size: 1), out var none);
            Assert.Empty(none);
        }

        var last = TurnstileTests.Call(":a", 17, size: 1);
        Assert.False(_names.Keep(last, out var refused));
        Assert.Same(last, Assert.Single(refused));
    }

    [Fact]
    public void The_oldest_name_is_forgotten_and_who_has_left_has_no_calls()
    {
        for (uint i = 0; i < 3; i++)
            _names.Learn($":{i}", i);
        Assert.False(_names.TryGet(":0", out _));
        Assert.True(_names.TryGet(":2", out _));
        _names.Keep(TurnstileTests.Call(":gone", 1), out _);
        Assert.Single(_names.Leave(":gone"));
        Assert.Empty(_names.Learn(":gone", 5));
    }

    [Fact]
    public void Nobody_waits_for_ever()
    {
        _names.Keep(TurnstileTests.Call(":a", 1), out _);
        Assert.Empty(_names.Expire(2000));
        Assert.Single(_names.Expire(2001));
        Assert.Empty(_names.Expire(5000));
    }
}
