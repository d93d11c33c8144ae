using Serilog.Core;
using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>Scanner and scheduler at work over a real database and a made-up host.</summary>
internal sealed class Loops : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly UpgradeStore _store;
    private readonly Scheduler _scheduler;
    private readonly FleetHold _hold;
    private readonly Task _work;

    public Loops(string database, PolicyMode mode = PolicyMode.Ask, FakeDetector? detector = null, FakeRecovery? recovery = null, QueueOptions? options = null,
        FakeCanary? canary = null)
    {
        Detector = detector ?? new FakeDetector();
        var parts = new QueueParts(
            (options ?? new QueueOptions { Together = 1 }) with { Mode = mode, SettleTime = TimeSpan.Zero, StopAfterFailures = 0 },
            Detector, Runner, recovery ?? new FakeRecovery(), Transaction, FakeDetector.Identify, TimeProvider.System, Logger.None)
        {
            Definitions = Definitions,
            Hold = new HoldProbe(options ?? new QueueOptions()),
            Canary = canary,
        };
        _store = UpgradeStore.Open(database);
        Queue = UpgradeQueue.Load(_store, parts.Options, parts.Time);
        Scanner = new Scanner(parts, Queue);
        Queue.ScanWanted += Scanner.Ask;
        Queue.Happened += news =>
        {
            if (news is QueueNews.Ended { Report: var report })
                Ended.Add(report);
        };
        _hold = new FleetHold(parts.Options, parts.Hold, Queue, parts.Time, parts.Log);
        _scheduler = new Scheduler(parts, Queue, Scanner, _hold);
        _work = Task.WhenAll(
            Scanner.RunAsync(_stop.Token), _scheduler.RunAsync(_stop.Token), _hold.IsConfigured ? _hold.RunAsync(_stop.Token) : Task.CompletedTask);
    }

    public FakeDetector Detector { get; }

    public FakeRunner Runner { get; } = new();

    public FakeDefinitions Definitions { get; } = new();

    public FakeTransaction Transaction { get; } = new();

    public UpgradeQueue Queue { get; }

    public Scanner Scanner { get; }

    public List<HandoverReport> Ended { get; } = [];

    public Upgrade? Of(int n) => Queue.Snapshot().Upgrades.FirstOrDefault(upgrade => upgrade.Domain == Sample.Id(n));

    public string WordOf(int n) => Of(n)?.State.Word ?? "";

    public async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            Assert.False(_work.IsFaulted, _work.Exception?.ToString());
            await Task.Delay(5, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _work);
        _scheduler.Dispose();
        _hold.Dispose();
        Scanner.Dispose();
        _store.Dispose();
        _stop.Dispose();
    }
}
