using VirtHandover.Bus.Contract;
using VirtHandover.Bus.Gate;

namespace VirtHandover.Tests.Unit.Bus.Gate;

public sealed class TurnstileTests
{
    private static readonly GateLimits s_limits = new()
    {
        Waiting = 5,
        InFlight = 3,
        AllInFlight = 4,
        RootInFlight = 2,
        RootWaiting = 3,
        PerSecond = 10,
        Burst = 20,
        AllWaitingBytes = 2000,
        Users = 3,
        Patience = TimeSpan.FromSeconds(2),
    };

    private readonly Turnstile _turnstile = new(s_limits);

    [Fact]
    public void Roots_call_is_first_however_many_wait()
    {
        Fill(1000, 5);
        Assert.Null(_turnstile.Offer(Call(":root", 1), 0, 0));
        Assert.Equal(":root", _turnstile.Next(0)!.Head.Sender);
    }

    [Fact]
    public void One_user_has_so_many_calls_whatever_its_connections()
    {
        for (uint i = 0; i < 5; i++)
            Assert.Null(_turnstile.Offer(Call($":1.{i}", 1), 1000, 0));
        var refusal = _turnstile.Offer(Call(":1.99", 1), 1000, 0);
        Assert.Equal(
            "uid 1000 has 5 calls waiting at virt-handoverd, on all its connections together, and may have no more; wait for answers first.", refusal);
        Assert.Null(_turnstile.Offer(Call(":1.100", 1), 1001, 0));

        List<HeldCall> taken = [.. TakeAll(0)];
        Assert.Equal(3, taken.Count(call => call.Head.Sender != ":1.100"));
        Assert.Contains(taken, call => call.Head.Sender == ":1.100");
        Assert.NotNull(_turnstile.Answered(taken[0].Head.Sender, 1));
        Assert.NotNull(_turnstile.Next(0));
        Assert.Null(_turnstile.Next(0));
    }

    [Fact]
    public void Users_take_turns()
    {
        Fill(1000, 4);
        Fill(1001, 4);
        Assert.Equal(2, TakeAll(0).Count(call => call.Head.Sender.StartsWith(":1001", StringComparison.Ordinal)));
    }

    [Fact]
    public void Long_answers_of_one_user_are_made_one_after_the_other()
    {
        Assert.Null(_turnstile.Offer(Call(":a", 1, "org.freedesktop.DBus.Properties", "GetAll"), 1000, 0));
        Assert.Null(_turnstile.Offer(Call(":b", 2, HandoverNames.Manager, "History"), 1000, 0));
        Assert.Null(_turnstile.Offer(Call(":c", 3), 1000, 0));
        Assert.Equal([":a", ":c"], TakeAll(0).Select(call => call.Head.Sender));
        Assert.NotNull(_turnstile.Answered(":a", 1));
        Assert.Equal(":b", _turnstile.Next(0)!.Head.Sender);
    }

    [Fact]
    public void Who_calls_too_often_waits_and_is_not_refused()
    {
        for (uint i = 0; i < 20; i++)
        {
            Assert.Null(_turnstile.Offer(Call(":a", i), 1000, 0));
            Assert.NotNull(_turnstile.Next(0));
            Assert.NotNull(_turnstile.Answered(":a", i));
        }

        Assert.Null(_turnstile.Offer(Call(":a", 100), 1000, 0));
        Assert.Null(_turnstile.Next(0));
        Assert.Equal(100, _turnstile.NextMoment(0));
        Assert.Null(_turnstile.Next(99));
        Assert.NotNull(_turnstile.Next(100));
    }

    [Fact]
    public void So_many_refusals_are_told_and_root_every_one()
    {
        var turnstile = new Turnstile(s_limits with { RefusalsAtOnce = 2, RefusalsPerSecond = 10 });
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => turnstile.TellsRefusal(1000, 0)));
        Assert.True(turnstile.TellsRefusal(1001, 0));
        Assert.All(Enumerable.Range(0, 9), _ => Assert.True(turnstile.TellsRefusal(0, 0)));
        Assert.False(turnstile.TellsRefusal(1000, 99));
        Assert.True(turnstile.TellsRefusal(1000, 100));
    }

    [Fact]
    public void Root_is_not_counted_by_the_second()
    {
        for (uint i = 0; i < 100; i++)
        {
            Assert.Null(_turnstile.Offer(Call(":r", i), 0, 0));
            Assert.NotNull(_turnstile.Next(0));
            Assert.NotNull(_turnstile.Answered(":r", i));
        }
    }

    [Fact]
    public void What_has_waited_too_long_is_handed_back()
    {
        Fill(1000, 5);
        Assert.Equal(3, TakeAll(0).Count());
        Assert.Empty(_turnstile.Expire(2000));
        Assert.Equal(2, _turnstile.Expire(2001).Count);
        Assert.Null(_turnstile.Offer(Call(":a", 9, size: 1900), 1001, 2001));
    }

    [Fact]
    public void All_waiting_calls_together_have_so_many_bytes()
    {
        Assert.Null(_turnstile.Offer(Call(":a", 1, size: 1900), 1000, 0));
        Assert.Contains("all users together", _turnstile.Offer(Call(":b", 1, size: 200), 1001, 0), StringComparison.Ordinal);
        Assert.Null(_turnstile.Offer(Call(":r", 1, size: 200), 0, 0));
        Assert.NotNull(_turnstile.Next(0));
        Assert.NotNull(_turnstile.Next(0));
        Assert.Null(_turnstile.Offer(Call(":b", 1, size: 200), 1001, 0));
    }

    [Fact]
    public void A_number_given_twice_is_counted_twice()
    {
        for (var i = 0; i < 4; i++)
            Assert.Null(_turnstile.Offer(Call(":a", 1), 1000, 0));
        Assert.Equal(3, TakeAll(0).Count());
        for (var i = 0; i < 3; i++)
            Assert.NotNull(_turnstile.Answered(":a", 1));
        Assert.Null(_turnstile.Answered(":a", 1));
        Assert.NotNull(_turnstile.Next(0));
    }

    [Fact]
    public void Users_are_forgotten_and_root_always_has_a_place()
    {
        for (uint user = 1; user <= 3; user++)
            Assert.Null(_turnstile.Offer(Call($":{user}", 1), user, 0));
        Assert.Contains("users", _turnstile.Offer(Call(":4", 1), 4, 0), StringComparison.Ordinal);
        Assert.Null(_turnstile.Offer(Call(":r", 1), 0, 0));
        foreach (var call in TakeAll(0).ToList())
            _turnstile.Answered(call.Head.Sender, call.Head.Serial);
        Assert.Null(_turnstile.Offer(Call(":4", 1), 4, 10_000));
        Assert.NotNull(_turnstile.Next(10_000));
    }

    [Fact]
    public void An_answer_that_never_comes_holds_a_place_for_some_minutes()
    {
        Fill(1000, 5);
        Assert.Equal(3, TakeAll(0).Count());
        _turnstile.Expire(10 * 60 * 1000);
        Assert.Null(_turnstile.Next(0));
        _turnstile.Expire((10 * 60 * 1000) + 1);
        Assert.Null(_turnstile.Offer(Call(":a", 1), 1000, (10 * 60 * 1000) + 1));
        Assert.NotNull(_turnstile.Next((10 * 60 * 1000) + 1));
    }

    internal static HeldCall Call(
        string sender, uint serial, string @interface = HandoverNames.Manager, string member = "Rescan", int size = 100) =>
        new(MessageHead.Of(sender, serial, @interface, member), new byte[size], 0);

    private void Fill(uint user, int calls)
    {
        for (var i = 0; i < calls; i++)
            Assert.Null(_turnstile.Offer(Call($":{user}.{i}", 1), user, 0));
    }

    private IEnumerable<HeldCall> TakeAll(long now)
    {
        while (_turnstile.Next(now) is { } call)
            yield return call;
    }
}
