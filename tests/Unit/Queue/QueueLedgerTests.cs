using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>What a database that cannot be written comes to, at each place.</summary>
public sealed class QueueLedgerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly World _world;
    private readonly List<QueueNews> _news = [];
    private int _changes;

    public QueueLedgerTests()
    {
        _world = new World(_directory.Path, PolicyMode.Ask);
        _world.Scan(assess: true);
        _world.Queue.Happened += _news.Add;
        _world.Queue.Changed += () => _changes++;
    }

    public void Dispose()
    {
        _world.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void What_has_happened_is_written_with_the_next_step_that_can_be()
    {
        _world.Queue.Approve(Sample.Id(0), "root");
        var taken = _world.Queue.TakeNext()!;
        using (_world.LockDatabase())
            _world.Queue.End(Sample.Report(taken.Id, 0, HandoverOutcome.Undone), after: null);
        Assert.Equal("paused", _world.Queue.Snapshot().QueueState);
        Assert.Contains("could not be recorded: It ended Undone.", _world.Queue.Snapshot().Alarm, StringComparison.Ordinal);

        _world.Queue.Approve(Sample.Id(1), "root");
        Assert.Empty(_world.Queue.Snapshot().Alarm);
        _world.Restart();
        Assert.Equal("paused", _world.Queue.Snapshot().QueueState);
        Assert.Equal(["failed", "approved", "pending"], _world.Queue.Snapshot().Upgrades.Select(one => one.State.Word));
        // Its end is in no history yet: recovery is asked once more.
        Assert.Equal(taken.Id, Assert.Single(_world.Queue.Interrupted).Id);
    }

    [Fact]
    public void A_scan_that_cannot_be_recorded_changes_nothing_and_lets_nothing_start()
    {
        _world.Queue.Approve(Sample.Id(0), "root");
        using (_world.LockDatabase())
            Assert.Throws<StoreException>(() => _world.Scan(assess: true, pid: 900));
        Assert.False(_world.Queue.HasWork);
        Assert.Equal("approved", _world.Queue.Snapshot().Upgrades[0].State.Word);
        Assert.Contains("cannot be written", _world.Queue.Snapshot().Alarm, StringComparison.Ordinal);
        _world.Scan(assess: true);
        Assert.True(_world.Queue.HasWork);
        Assert.Empty(_world.Queue.Snapshot().Alarm);
    }

    [Fact]
    public void What_is_refused_tells_its_alarm_and_nothing_else()
    {
        _news.Clear();
        _changes = 0;
        using (_world.LockDatabase())
        {
            Assert.Equal(QueueFault.NotRecorded, Assert.Throws<QueueException>(() => _world.Queue.Pause("", "root")).Fault);
            Assert.Equal(QueueFault.NotRecorded, Assert.Throws<QueueException>(() => _world.Queue.Run(Sample.Id(0), false, "root")).Fault);
        }

        Assert.Equal((0, 1), (_news.Count, _changes));
        Assert.Equal("running", _world.Queue.Snapshot().QueueState);
        Assert.True(_world.Queue.IsAtRest);
    }

    [Fact]
    public void What_was_asked_for_by_name_can_be_taken_back_also_when_that_cannot_be_recorded()
    {
        var id = _world.Queue.Run(Sample.Id(0), rehearse: true, "root");
        _news.Clear();
        using (_world.LockDatabase())
            _world.Queue.Cancel(Sample.Id(0), "ana");
        Assert.Equal(id, Assert.IsType<QueueNews.Ended>(Assert.Single(_news)).Report.Id);
        Assert.True(_world.Queue.IsAtRest);
        _world.Restart();
        Assert.Equal(HandoverOutcome.Cancelled, Assert.Single(_world.Queue.History(new HistoryQuery(null, 10))).Outcome);
    }

    [Fact]
    public void Deferrals_that_cannot_be_recorded_stay_until_they_can()
    {
        _world.Queue.Defer(Sample.Id(1), _world.Time.GetUtcNow().AddMinutes(1), "root");
        _world.Time.Advance(TimeSpan.FromMinutes(2));
        _world.Queue.Tick();
        _world.Queue.Defer(Sample.Id(1), _world.Time.GetUtcNow().AddMinutes(1), "root");
        _world.Time.Advance(TimeSpan.FromMinutes(2));
        _news.Clear();
        using (_world.LockDatabase())
            Assert.Throws<StoreException>(_world.Queue.Tick);
        Assert.Equal(("deferred", 0), (_world.Queue.Snapshot().Upgrades[1].State.Word, _news.Count));
        _world.Queue.Tick();
        Assert.Equal("pending", _world.Queue.Snapshot().Upgrades[1].State.Word);
        Assert.IsType<QueueNews.BecamePending>(Assert.Single(_news));
    }
}
