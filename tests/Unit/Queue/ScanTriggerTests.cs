using Microsoft.Extensions.Time.Testing;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

public sealed class ScanTriggerTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    private readonly FakeTimeProvider _time = new();
    private readonly ScanTrigger _trigger;

    public ScanTriggerTests()
    {
        _trigger = new ScanTrigger(new QueueOptions { SettleTime = TimeSpan.FromSeconds(2) }, _time);
        _trigger.Rearm(Interval);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_is_asked_for_during_a_scan_leads_to_another_one()
    {
        _trigger.Ask();
        Assert.False(await _trigger.WaitAsync(CancellationToken.None));
        // The scan is under way.
        _trigger.Ask();
        _trigger.Rearm(Interval);
        Assert.False(await _trigger.WaitAsync(CancellationToken.None));
        _trigger.Rearm(Interval);
        await AssertSleeps();
    }

    [Fact(Timeout = 30_000)]
    public async Task What_is_asked_for_twice_before_a_scan_leads_to_one()
    {
        _trigger.Ask();
        _trigger.Ask();
        Assert.False(await _trigger.WaitAsync(CancellationToken.None));
        _trigger.Rearm(Interval);
        await AssertSleeps();
    }

    [Fact(Timeout = 30_000)]
    public async Task A_hint_waits_for_the_first_one_s_settle_time()
    {
        _trigger.Hint();
        var waiting = _trigger.WaitAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(1.5));
        _trigger.Hint();
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.True(await waiting);
    }

    private async Task AssertSleeps()
    {
        var waiting = _trigger.WaitAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        _time.Advance(Interval);
        Assert.False(await waiting);
    }
}
