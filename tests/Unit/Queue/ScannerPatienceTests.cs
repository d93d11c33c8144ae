using Microsoft.Extensions.Time.Testing;
using Serilog.Core;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>A VM whose preflight does not come to an end keeps no other VM from its own.</summary>
public sealed class ScannerPatienceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly FakeDetector _detector = new() { Domains = [Sample.Domain(0), Sample.Domain(1)] };
    private readonly SlowRunner _runner = new();
    private readonly UpgradeStore _store;
    private readonly UpgradeQueue _queue;
    private readonly Scanner _scanner;

    public ScannerPatienceTests()
    {
        var parts = new QueueParts(
            new QueueOptions { SettleTime = TimeSpan.Zero },
            _detector, _runner, new FakeRecovery(), new FakeTransaction(), FakeDetector.Identify, _time, Logger.None)
        {
            Definitions = new FakeDefinitions(),
            Hold = new HoldProbe(new QueueOptions()),
        };
        _store = UpgradeStore.Open(Path.Combine(_directory.Path, "db"));
        _queue = UpgradeQueue.Load(_store, parts.Options, _time);
        _scanner = new Scanner(parts, _queue);
    }

    public void Dispose()
    {
        _scanner.Dispose();
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact(Timeout = 60000)]
    public async Task The_others_are_assessed_and_it_is_not_asked_a_second_time_until_it_has_answered()
    {
        Task<bool> scan = _scanner.ScanAsync(reassess: true, default);
        await _runner.Asked.Task;
        await AdvanceUntil(scan, ForeignBounds.Preflight);
        Assert.True(await scan);
        Assert.Equal((null, Sample.Good), (Of(0).Assessment, Of(1).Assessment));

        // No time passes: it is not waited for again.
        Assert.True(await _scanner.ScanAsync(reassess: true, default));
        Assert.Equal(1, _runner.AskedOfSlow);

        _runner.Answer.SetResult(Sample.Bad);
        while (Of(0).Assessment is null)
            Assert.True(await _scanner.ScanAsync(reassess: true, default));
        Assert.Equal(("blocked", 1), (Of(0).State.Word, _runner.AskedOfSlow));
    }

    [Fact(Timeout = 60000)]
    public async Task A_scan_that_makes_no_step_is_told_to_the_watchdog()
    {
        Assert.True(_scanner.MovesOn());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(_scanner.MovesOn());
        _detector.Hold = new TaskCompletionSource();
        Task<bool> scan = _scanner.ScanAsync(reassess: true, default);
        Assert.True(_scanner.MovesOn());
        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(_scanner.MovesOn());
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(_scanner.MovesOn());
        // A look at one more VM is a step.
        _detector.Looked = 1;
        Assert.True(_scanner.MovesOn());
        _detector.Hold.SetResult();
        await AdvanceUntil(scan, ForeignBounds.Preflight);
        Assert.True(_scanner.MovesOn());
        _runner.Answer.TrySetResult(Sample.Good);
    }

    private async Task AdvanceUntil(Task task, TimeSpan step)
    {
        // The others, which answer at once, must have had the time to.
        while (await Task.WhenAny(task, Task.Delay(TimeSpan.FromSeconds(1))) != task)
            _time.Advance(step);
    }

    private Upgrade Of(int n) => _queue.Snapshot().Upgrades.Single(upgrade => upgrade.Domain == Sample.Id(n));

    /// <summary>The first VM answers when the test says so, the others at once.</summary>
    private sealed class SlowRunner : IHandoverRunner
    {
        public TaskCompletionSource<Assessment> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int AskedOfSlow { get; private set; }

        public Task<Assessment> AssessAsync(Guid domain, CancellationToken cancellationToken)
        {
            if (domain != Sample.Id(0))
                return Task.FromResult(Sample.Good);
            AskedOfSlow++;
            Asked.TrySetResult();
            return Answer.Task;
        }

        public IAsyncEnumerable<HandoverNews> RunAsync(IReadOnlyList<HandoverOrder> orders) => throw new InvalidOperationException();
    }
}
