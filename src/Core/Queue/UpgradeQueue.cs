using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>
/// The queue: one lock around all upgrades. What changes is on disk before anybody sees it, and events are raised
/// outside the lock, so that a listener may call back. Nothing starts before the first scan since the service's
/// start has succeeded: only then is it certain that an old approval is about the process that still runs.
/// </summary>
public sealed partial class UpgradeQueue
{
    private readonly Lock _lock = new();
    private readonly UpgradeStore _store;
    private readonly QueueOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<Guid, Upgrade> _upgrades = [];
    private readonly Dictionary<Guid, string> _saved = [];
    private readonly List<AskedHandover> _asked = [];
    private readonly List<HandoverRecord> _interrupted = [];
    private readonly SortedDictionary<AlarmSource, string> _alarms = [];
    private DateTimeOffset? _lastScan;
    private readonly Dictionary<Guid, long> _handled = [];
    private QueueControl _control = new();
    private HashSet<Guid> _open = [];
    private string _hold = "";
    private DateTimeOffset _pruned;
    private bool _scanIsGood;
    private bool _transactionRuns;
    private bool _canaryRuns;
    private long _ticket;

    private UpgradeQueue(UpgradeStore store, QueueOptions options, TimeProvider time)
    {
        _store = store;
        _options = options;
        _time = time;
    }

    /// <summary>Something in <see cref="Snapshot"/> has changed.</summary>
    public event Action? Changed;

    /// <summary>Something has happened that is told once; before <see cref="Changed"/>, in the order in which it happened.</summary>
    public event Action<QueueNews>? Happened;

    /// <summary>A handover has ended; its report is in the history.</summary>
    public event Action<HandoverReport>? Ended;

    /// <summary>Somebody wants the running handover of this number cancelled.</summary>
    public event Action<long>? CancelRequested;

    /// <summary>A retried domain waits for its preflight.</summary>
    public event Action? ScanWanted;

    /// <summary>Handovers that ran when the service ended and whose results are to be recovered before anything else starts.</summary>
    public IReadOnlyList<HandoverRecord> Interrupted
    {
        get
        {
            lock (_lock)
            {
                return [.. _interrupted];
            }
        }
    }

    /// <summary>Loads the queue as the last service left it.</summary>
    /// <param name="store">The database.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The queue.</returns>
    /// <exception cref="StoreException">The database cannot be used.</exception>
    public static UpgradeQueue Load(UpgradeStore store, QueueOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        var queue = new UpgradeQueue(store, options, time);
        lock (queue._lock)
        {
            queue.Load_NeedsLock();
        }

        return queue;
    }

    /// <summary>Reads everything.</summary>
    /// <returns>The present state.</returns>
    public QueueSnapshot Snapshot()
    {
        lock (_lock)
        {
            var upgrades = _upgrades.Values
                .OrderBy(upgrade => upgrade.Name, StringComparer.Ordinal)
                .ThenBy(upgrade => upgrade.Domain)
                .ToList();
            var (word, reason) = Standing_NeedsLock();
            return new QueueSnapshot(upgrades, _options.Mode, Alarm_NeedsLock(), _lastScan)
            {
                QueueState = word,
                QueueReason = reason,
                MaxPause = _options.MaxPause,
                Standings = upgrades.ToDictionary(upgrade => upgrade.Domain, Standing_NeedsLock),
            };
        }
    }

    /// <summary>One domain.</summary>
    /// <param name="domain">Its UUID.</param>
    /// <returns>Null when it does not run.</returns>
    public Upgrade? Find(Guid domain)
    {
        lock (_lock)
        {
            return _upgrades.GetValueOrDefault(domain);
        }
    }

    /// <summary>Raises, changes or ends an alarm.</summary>
    /// <param name="source">Whose alarm.</param>
    /// <param name="sentence">What the administrator has to read, or null when it is over.</param>
    public void SetAlarm(AlarmSource source, string? sentence)
    {
        var changes = new Changes();
        lock (_lock)
        {
            SetAlarm_NeedsLock(source, sentence, changes);
        }

        Announce(changes);
    }

    private void SetAlarm_NeedsLock(AlarmSource source, string? sentence, Changes changes)
    {
        var before = Alarm_NeedsLock();
        if (string.IsNullOrEmpty(sentence))
        {
            _alarms.Remove(source);
        }
        else
        {
            _alarms[source] = ForeignText.Sentence(sentence);
        }

        changes.Any |= before != Alarm_NeedsLock();
    }

    private string Alarm_NeedsLock()
    {
        var stranded = _upgrades.Values
            .Select(upgrade => upgrade.State)
            .OfType<UpgradeState.Failed>()
            .Where(failed => failed.Report.Outcome == HandoverOutcome.Stranded)
            .Select(failed => failed.Sentence);
        return ForeignText.Shorten(string.Join(' ', _alarms.Values.Concat(stranded)), ForeignBounds.AlarmChars);
    }

    private UpgradeStanding Standing_NeedsLock(Upgrade upgrade)
    {
        var now = _time.GetUtcNow();
        var window = WindowOf_NeedsLock(upgrade, now);
        return new UpgradeStanding(PolicyOf(upgrade), WaitReason_NeedsLock(upgrade, now), window.IsOpen ? null : window.Change);
    }

    private void Load_NeedsLock()
    {
        _control = _store.LoadControl();
        ReadGrants_NeedsLock(_control);
        foreach (var upgrade in _store.Load())
        {
            _saved[upgrade.Domain] = QueueJson.Write(upgrade);

            // An administrator who turned Mode=auto off does not expect its old approvals to be carried out.
            _upgrades[upgrade.Domain] = upgrade.State is UpgradeState.Approved { By: AutoApprover } && _options.Mode == PolicyMode.Ask
                ? upgrade with { State = new UpgradeState.Pending() }
                : upgrade;
        }

        foreach (var record in _store.Unfinished())
        {
            if (record.Started)
            {
                _interrupted.Add(record);
            }
            else
            {
                Commit_NeedsLock([], ended: Reports.NeverStarted(record));
            }
        }

        Settle_NeedsLock();
    }

    /// <summary>A running entry needs an unfinished handover; without one (somebody edited the database) nobody would ever end it.</summary>
    private void Settle_NeedsLock()
    {
        var running = _interrupted.Select(record => record.Id).ToHashSet();
        foreach (var upgrade in _upgrades.Values.ToList())
        {
            if (upgrade.State is UpgradeState.Running state && !running.Contains(state.Id))
            {
                _upgrades[upgrade.Domain] = upgrade with { State = new UpgradeState.Pending("a restart of the service") };
            }
        }
    }

    private void Announce(Changes changes)
    {
        foreach (var id in changes.Cancelled)
        {
            CancelRequested?.Invoke(id);
        }

        foreach (var news in changes.News)
        {
            Happened?.Invoke(news);
        }

        if (changes.Any)
        {
            Changed?.Invoke();
        }

        foreach (var ended in changes.News.OfType<QueueNews.Ended>())
        {
            Ended?.Invoke(ended.Report);
        }

        foreach (var paused in changes.News.OfType<QueueNews.Paused>())
        {
            Paused?.Invoke(paused.Sentence);
        }

        if (changes.ScanWanted)
        {
            ScanWanted?.Invoke();
        }
    }

    /// <summary>What is announced once the lock is free.</summary>
    private sealed class Changes
    {
        public bool Any { get; set; }

        public bool ScanWanted { get; set; }

        public List<QueueNews> News { get; } = [];

        public List<long> Cancelled { get; } = [];
    }
}
