using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>A queue over a real database, and a life around it that remembers what was wanted.</summary>
internal sealed class World : IDisposable
{
    private readonly string _file;
    private readonly HashSet<Guid> _asked = [];
    private readonly int[] _running = [1, 1, 1];
    private readonly int[] _pids = [100, 200, 300];
    private UpgradeStore _store;
    private readonly int _together;
    private PolicyMode _mode;
    private int? _installed = 2;

    public World(string directory, PolicyMode mode, int together = 1)
    {
        _together = together;
        _file = Path.Combine(directory, Guid.NewGuid() + ".db");
        _mode = mode;
        _store = UpgradeStore.Open(_file);
        Queue = UpgradeQueue.Load(_store, Options(), Time);
    }

    /// <summary>What libvirt would say; null where it cannot.</summary>
    public DomainPolicy?[] Policies { get; } = [DomainPolicy.None, DomainPolicy.None, DomainPolicy.None];

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    public UpgradeQueue Queue { get; private set; }

    public void Dispose() => _store.Dispose();

    public void Restart(PolicyMode? mode = null)
    {
        _store.Dispose();
        _mode = mode ?? _mode;
        _store = UpgradeStore.Open(_file);
        Queue = UpgradeQueue.Load(_store, Options(), Time);
        _asked.Clear();
    }

    public void Scan(bool assess, int? pid = null, int skip = -1) => Queue.Merge(
        [.. Enumerable.Range(0, 3).Where(n => n != skip).Select(n => See(n, assess, pid))], Queue.BeginScan());

    public IDisposable LockDatabase()
    {
        // A second writer that never ends its transaction; a full disk would fail the same call.
        var connection = new SqliteConnection($"Data Source={_file};Pooling=false");
        connection.Open();
        return new Transaction(connection, connection.BeginTransaction(deferred: false));
    }

    public void Step(int action, int domain, int variant)
    {
        try
        {
            Do(action, domain, variant);
        }
        catch (QueueException e)
        {
            Assert.NotEqual(QueueFault.NotRecorded, e.Fault);
        }
    }

    public void Check() =>
        Assert.True(Queue.Snapshot().Upgrades.Count(upgrade => upgrade.State is UpgradeState.Running) <= _together);

    private void Do(int action, int domain, int variant)
    {
        var id = Sample.Id(domain);
        switch (action)
        {
            case 0 or 1:
                Change(domain, variant);
                Scan(assess: variant % 2 == 0, skip: variant == 7 ? domain : -1);
                break;
            case 2:
                Queue.Approve(id, "root");
                break;
            case 3:
                Queue.Defer(id, Time.GetUtcNow().AddMinutes(variant - 1), "root");
                break;
            case 4:
                Queue.Cancel(id, "root");
                _asked.Remove(id);
                break;
            case 5:
                Queue.Retry(id);
                break;
            case 6:
                Queue.Run(id, variant % 2 == 0, "root");
                _asked.Add(id);
                break;
            case 7 or 8:
                Take();
                break;
            case 9:
                End((HandoverOutcome)(variant % 8));
                break;
            case 10:
                Time.Advance(TimeSpan.FromMinutes(variant));
                Queue.Tick();
                break;
            default:
                RestartUnchanged();
                break;
        }
    }

    private void Change(int domain, int variant)
    {
        if (variant == 3)
        {
            _pids[domain] += 10;
            _running[domain] = _installed ?? 1;
        }

        _installed = variant switch { 4 => 3, 5 => null, 6 => 2, _ => _installed };
    }

    private void Take()
    {
        var before = Queue.Snapshot().Upgrades.ToDictionary(upgrade => upgrade.Domain);
        var taken = Queue.TakeTogether();
        foreach (var request in taken)
        {
            // The promise of the whole queue, seen from outside.
            Assert.DoesNotContain(before.Values, upgrade => upgrade.State is UpgradeState.Running);
            Assert.True(before[request.Domain].State is UpgradeState.Approved || _asked.Contains(request.Domain));
            Assert.True(before[request.Domain].State is not UpgradeState.Deferred deferred || deferred.Until <= Time.GetUtcNow() || _asked.Contains(request.Domain));
            // What goes together goes between the same two builds, without copying, and no rehearsal is among it.
            Assert.True(taken.Count == 1 || (!request.Rehearse && before[request.Domain].Assessment?.Method is RamMethod.Shared));
            Assert.Equal((taken[0].From, taken[0].To), (request.From, request.To));
        }

        Assert.Equal(taken.Count, taken.Select(request => request.Domain).Distinct().Count());
        _asked.ExceptWith(taken.Select(request => request.Domain));
    }

    private void End(HandoverOutcome outcome)
    {
        if (Queue.Snapshot().Upgrades.FirstOrDefault(upgrade => upgrade.State is UpgradeState.Running) is not { State: UpgradeState.Running running } upgrade)
        {
            return;
        }

        var domain = Enumerable.Range(0, 3).Single(n => Sample.Id(n) == upgrade.Domain);
        if (outcome == HandoverOutcome.Done && _installed is { } installed)
        {
            _pids[domain] += 10;
            _running[domain] = installed;
        }

        Queue.End(Sample.Report(running.Id, domain, outcome), See(domain, assess: false, pid: null));
        Assert.IsNotType<UpgradeState.Running>(Queue.Snapshot().Upgrades.First(one => one.Domain == upgrade.Domain).State);
        Assert.Contains(Queue.History(new HistoryQuery(upgrade.Domain, 100)), report => report.Id == running.Id);
    }

    private void RestartUnchanged()
    {
        var before = Queue.Snapshot().Upgrades.Select(Kept).ToList();
        var running = Queue.Snapshot().Upgrades.Select(upgrade => upgrade.State).OfType<UpgradeState.Running>().Select(state => state.Id);
        Restart();
        Assert.Equal(before, Queue.Snapshot().Upgrades.Select(Kept));
        Assert.Equal(running.Order(), Queue.Interrupted.Select(record => record.Id).Order());
        Assert.Null(Queue.TakeNext());
    }

    private static string Kept(Upgrade upgrade) => QueueJson.Write(upgrade);

    private ScannedDomain See(int n, bool assess, int? pid) => Sample.Domain(
        n, _running[n], _installed, assess ? (n == 2 && _installed == 3 ? Sample.Bad : Sample.Good) : null, pid ?? _pids[n]) with
    { Policy = Policies[n] };

    private QueueOptions Options() => new() { Mode = _mode, Together = _together };

    private sealed class Transaction(SqliteConnection connection, SqliteTransaction transaction) : IDisposable
    {
        public void Dispose()
        {
            transaction.Dispose();
            connection.Dispose();
        }
    }
}
