using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>
/// The queue as everybody else knows it. What happens goes through a rule, is written, is shown, and is told, in this order (<see cref="QueueLedger"/>).
/// Nothing starts before the first scan since the service's start has succeeded: only then is it certain that an old approval is about the process that
/// still runs.
/// </summary>
public sealed class UpgradeQueue
{
    private readonly UpgradeStore _store;
    private readonly QueueOptions _options;
    private readonly TimeProvider _time;
    private readonly WindowTimes _windows;
    private readonly QueueLedger _ledger;
    private DateTimeOffset _pruned;

    private UpgradeQueue(UpgradeStore store, QueueOptions options, TimeProvider time)
    {
        (_store, _options, _time, _windows) = (store, options, time, new WindowTimes(time));
        var unfinished = store.Unfinished().ToLookup(record => record.Started);
        var kept = LoadRule.Kept(store.Load(), store.LoadControl());
        _ledger = new QueueLedger(store, time, kept, LoadRule.Begin(kept, unfinished[true], options), Announce);
        foreach (var record in unfinished[false])
            _ledger.Take(new QueueStep(State) { Ended = Reports.NeverStarted(record) }, Unwritten.TriedAgain);
    }

    /// <summary>Something in <see cref="Snapshot"/> has changed.</summary>
    public event Action? Changed;

    /// <summary>Something has happened that is told once; before <see cref="Changed"/>, in the order in which it happened.</summary>
    public event Action<QueueNews>? Happened;

    /// <summary>Somebody wants the running handover of this number cancelled.</summary>
    public event Action<long>? CancelRequested;

    /// <summary>A retried domain waits for its preflight.</summary>
    public event Action? ScanWanted;

    /// <summary>Handovers that ran when the service ended and whose results are to be recovered before anything else starts.</summary>
    public IReadOnlyList<HandoverRecord> Interrupted => State.Interrupted;

    /// <summary>True when a handover waits and could start now.</summary>
    public bool HasWork => StartRule.HasWork(State, Moment);

    /// <summary>True while no handover runs, waits to be recovered, or was asked for by name: what is only asked for does not outlive the service.</summary>
    public bool IsAtRest => State is { Asked.IsEmpty: true, Interrupted.IsEmpty: true, IsRunning: false };

    /// <summary>True while a handover is in a phase in which the libvirt daemon does not run.</summary>
    public bool KeepsLibvirtDown => State.KeepsLibvirtDown;

    /// <summary>When the next deferral ends, a maintenance window opens or closes, or what was put off is tried again; null when nothing of it is to come.</summary>
    public DateTimeOffset? NextDue => DueRule.Next(State, Moment);

    /// <summary>How many handovers wait, whether or not they could start now.</summary>
    internal int Waiting => State.Waiting;

    /// <summary>True while there is a domain that somebody may be about to approve.</summary>
    internal bool MoreMayCome => State.Upgrades.Values.Any(upgrade => upgrade.State is UpgradeState.Pending);

    private QueueState State => _ledger.State;

    private QueueMoment Moment => new(_options, _time.GetUtcNow(), _windows);

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
        return new UpgradeQueue(store, options, time);
    }

    /// <summary>Reads everything.</summary>
    /// <returns>The present state.</returns>
    public QueueSnapshot Snapshot() => Standing.Snapshot(State, Moment);

    /// <summary>One domain.</summary>
    /// <param name="domain">Its UUID.</param>
    /// <returns>Null when it does not run.</returns>
    public Upgrade? Find(Guid domain) => State.Find(domain);

    /// <summary>Results of past handovers.</summary>
    /// <param name="query">Which ones.</param>
    /// <returns>The newest first.</returns>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public IReadOnlyList<HandoverReport> History(HistoryQuery query) => _store.History(query);

    /// <summary>The name of a running domain whose policy or definition may be changed now.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <returns>Its name.</returns>
    /// <exception cref="QueueException">It does not run, or its handover does.</exception>
    public string NameToChange(Guid domain) => AskRule.NameToChange(State, domain);

    /// <summary>Approves a pending or deferred domain.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="by">Who, for the administrator to read.</param>
    /// <param name="maxPause">How long the guest may stand still in this handover; null: as its policy says.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Approve(Guid domain, string by, TimeSpan? maxPause = null) => Ask((state, moment) => AskRule.Approve(state, domain, by, maxPause, moment));

    /// <summary>Puts a domain off.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="until">Not before this moment.</param>
    /// <param name="by">Who.</param>
    /// <param name="reason">Why, for others to read; may be empty.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Defer(Guid domain, DateTimeOffset until, string by, string reason = "") =>
        Ask((state, moment) => AskRule.Ask(state, domain, "deferred", new UpgradeEvent.Defer(until, by, reason), moment));

    /// <summary>Ends a deferral before its time.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Undefer(Guid domain) => Ask((state, moment) => AskRule.Ask(state, domain, "undeferred", new UpgradeEvent.Undefer(), moment));

    /// <summary>Puts a failed or blocked domain back to pending and has its preflight run again.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Retry(Guid domain) => Ask((state, moment) => AskRule.Ask(state, domain, "retried", new UpgradeEvent.Retry(), moment));

    /// <summary>Takes an approval, a deferral or a waiting handover back, or asks a running one to stop before its guest is paused.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="by">Who.</param>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public void Cancel(Guid domain, string by) => _ledger.Change(() =>
    {
        var upgrade = State.Named(domain);
        var waiting = State.Asked.FindAll(asked => asked.Domain == domain);
        // It is not started either way; the next start of the service writes its end.
        foreach (var asked in waiting)
            _ledger.Take(EndRule.Drop(State, asked, Reports.TakenBack(asked.Record(upgrade.Name), by)), Unwritten.Happened);
        if (waiting.IsEmpty || upgrade.State is UpgradeState.Approved)
            _ledger.Take(AskRule.Cancel(State, domain, by, Moment), Unwritten.Refused);
    });

    /// <summary>Takes back what people have approved, because nobody will be there to carry it out. What a policy approves it approves again.</summary>
    /// <param name="by">Who.</param>
    /// <returns>The names of those that were approved.</returns>
    /// <exception cref="QueueException">The database cannot be written; nothing was changed.</exception>
    public IReadOnlyList<string> TakeBackApprovals(string by)
    {
        IReadOnlyList<string> names = [];
        Ask((state, moment) =>
        {
            (var step, names) = AskRule.TakeBack(state, by, moment);
            return step;
        });
        return names;
    }

    /// <summary>Asks for one handover in its turn, outdated or not, approved or not.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="rehearse">Stop after the twin check.</param>
    /// <param name="by">Who.</param>
    /// <param name="maxPause">How long the guest may stand still in this handover; null: as its policy says.</param>
    /// <returns>The handover's number; <see cref="QueueNews.Ended"/> tells its end.</returns>
    /// <exception cref="QueueException">It was refused; nothing was changed.</exception>
    public long Run(Guid domain, bool rehearse, string by, TimeSpan? maxPause = null)
    {
        var id = 0L;
        _ledger.Change(() =>
        {
            var upgrade = AskRule.DemandRun(State, domain, rehearse, _options);
            var now = _time.GetUtcNow();
            try
            {
                id = _store.Create(domain, upgrade.Name, rehearse, by, now);
            }
            catch (StoreException e)
            {
                throw _ledger.NotRecorded(e);
            }

            _ledger.Show(State with { Asked = State.Asked.Add(new AskedHandover(id, domain, rehearse, by, now, maxPause)) });
        });
        return id;
    }

    /// <summary>
    /// Notes that an administrator has set a domain's policy, and takes it over. Only what he named is granted: the rest of it may be
    /// what somebody else wrote into the metadata.
    /// </summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="policy">The policy, as it has just been stored in its metadata.</param>
    /// <param name="change">What he named.</param>
    /// <exception cref="QueueException">It does not run any more, or the database cannot be written; it is seen at the next scan then.</exception>
    public void TakePolicy(Guid domain, DomainPolicy policy, PolicyChange change) =>
        Ask((state, moment) => PolicyRule.Take(state, domain, policy, change, moment));

    /// <summary>Starts no further approved handover until <see cref="Resume"/>; kept over restarts.</summary>
    /// <param name="reason">Why; may be empty.</param>
    /// <param name="by">Who.</param>
    /// <exception cref="QueueException">The database cannot be written; nothing was changed.</exception>
    public void Pause(string reason, string by)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Ask((state, moment) => AskRule.Pause(state, reason, by, moment));
    }

    /// <summary>Starts handovers again, and counts failed ones from 0.</summary>
    /// <exception cref="QueueException">It is not paused, or the database cannot be written; nothing was changed.</exception>
    public void Resume() => Ask((state, _) => AskRule.Resume(state));

    /// <summary>Something outside holds the whole fleet, or no longer.</summary>
    /// <param name="sentence">What, and what to do about it; empty when nothing does.</param>
    public void SetHold(string sentence)
    {
        ArgumentNullException.ThrowIfNull(sentence);
        Show((state, _) => state.Hold == sentence ? state : state with { Hold = sentence });
    }

    /// <summary>Raises, changes or ends an alarm.</summary>
    /// <param name="source">Whose alarm.</param>
    /// <param name="sentence">What the administrator has to read, or null when it is over.</param>
    public void SetAlarm(AlarmSource source, string? sentence) => Show((state, _) => AlarmRule.Set(state, source, sentence));

    /// <summary>A package is being installed, or no longer: shown to those who wait for its end.</summary>
    /// <param name="runs">Whether one is.</param>
    internal void SetTransaction(bool runs) => Show((state, _) => state.IsTransactionRunning == runs ? state : state with { IsTransactionRunning = runs });

    /// <summary>A canary goes through a handover, or no longer.</summary>
    /// <param name="runs">Whether one does.</param>
    internal void SetCanary(bool runs) => _ledger.Note(state => state with { IsCanaryRunning = runs });

    /// <summary>True when the preflight's result would decide something for this domain.</summary>
    /// <param name="domain">What detection says.</param>
    /// <param name="instance">The QEMU process.</param>
    /// <param name="again">Where its last result is known, too.</param>
    /// <returns>False for current, running, failed and blocked ones.</returns>
    public bool WantsAssessment(DetectedDomain domain, QemuInstance instance, bool again)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return ScanRule.WantsAssessment(State, domain, instance, again);
    }

    /// <summary>True while the domain's handover runs: its preflight would get in the way.</summary>
    /// <param name="domain">The domain's UUID.</param>
    internal bool IsRunning(Guid domain) => Find(domain)?.State is UpgradeState.Running;

    /// <summary>Begins a scan.</summary>
    /// <returns>What <see cref="Merge"/> needs in order to know what the scan cannot have seen.</returns>
    public long BeginScan() => _ledger.Note(state => state with { Ticket = state.Ticket + 1 }).Ticket;

    /// <summary>Takes a complete scan over: domains that are gone leave, new ones enter, the others are updated.</summary>
    /// <param name="scan">Every running domain.</param>
    /// <param name="ticket">From <see cref="BeginScan"/>, called before the first look at a domain.</param>
    /// <exception cref="StoreException">The database cannot be written; nothing was changed and nothing starts until a scan succeeds.</exception>
    public void Merge(IReadOnlyCollection<ScannedDomain> scan, long ticket)
    {
        ArgumentNullException.ThrowIfNull(scan);
        _ledger.Change(() =>
        {
            _ledger.Take(ScanRule.Merge(State, scan, ticket, Moment), Unwritten.NotSeen);
            foreach (var (asked, report) in ScanRule.Gone(State))
                _ledger.Take(EndRule.Drop(State, asked, report), Unwritten.Happened);
        });
    }

    /// <summary>A scan failed: nothing is started until one succeeds.</summary>
    /// <param name="sentence">Why, and when the next try is.</param>
    public void ScanFailed(string sentence) => Show((state, _) => ScanRule.Failed(state, AlarmSource.Libvirt, sentence));

    /// <summary>Makes deferred domains pending again whose time has come, and tells of windows that have opened or closed.</summary>
    /// <exception cref="StoreException">The database cannot be written; they stay deferred.</exception>
    public void Tick() => _ledger.Change(() =>
    {
        var moment = Moment;
        // Once a day is often enough for what is kept for days.
        if (_options.HistoryKeep > 0 && moment.Now - _pruned >= TimeSpan.FromDays(1))
        {
            _store.Prune(moment.Now - TimeSpan.FromDays(_options.HistoryKeep));
            _pruned = moment.Now;
        }

        _ledger.Show(DueRule.Windows(State, moment));
        if (DueRule.Deferrals(State, moment) is { } step)
            _ledger.Take(step, Unwritten.TriedAgain);
    });

    /// <summary>
    /// Starts the next handovers: first what was asked for by name, then what was approved, each in its order; more than one where
    /// they can share an outage of libvirt.
    /// </summary>
    /// <returns>The handovers that are now running; empty when none may start.</returns>
    /// <exception cref="StoreException">The start could not be recorded, so nothing was started.</exception>
    public IReadOnlyList<HandoverRequest> TakeTogether()
    {
        var taken = new List<HandoverRequest>();
        _ledger.Change(() =>
        {
            try
            {
                StartRule.Candidate? first = null;
                while (taken.Count < _options.Together && GroupRule.Next(State, first, Moment) is { } next)
                {
                    var moment = Moment;
                    var id = next.Asked?.Id
                        ?? _store.Create(next.Upgrade.Domain, next.Upgrade.Name, rehearse: false, ((UpgradeState.Approved)next.Upgrade.State).By, moment.Now);
                    _ledger.Take(StartRule.Start(State, next, id, moment), Unwritten.TriedAgain);
                    taken.Add(StartRule.Request(State, next, id, _options));
                    first ??= next;
                }
            }
            catch (StoreException e)
            {
                // Those that are recorded as started have to be carried out.
                _ledger.Show(AlarmRule.Set(State, AlarmSource.Store, e.Message));
                if (taken.Count == 0)
                    throw;
            }
        });
        return taken;
    }

    /// <summary>Takes over what a running handover tells.</summary>
    /// <param name="id">The handover's number.</param>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="progress">What it tells; its end is for <see cref="End"/>.</param>
    public void Observe(long id, Guid domain, HandoverProgress progress)
    {
        UpgradeEvent? happened = progress switch
        {
            HandoverProgress.Entered entered => new UpgradeEvent.Entered(id, entered.Phase, entered.At),
            HandoverProgress.Copying { Transferred: var done, Remaining: var left } =>
                new UpgradeEvent.Copying(id, done + left > 0 ? (double)done / (done + left) : 0),
            _ => null,
        };
        Show((state, moment) => happened is not null && state.Find(domain) is { } upgrade
            && UpgradeMachine.Next(upgrade.State, happened, moment.Now) is Transition.To { State: var next }
                ? state.With(upgrade with { State = next })
                : state);
    }

    /// <summary>Ends a handover, with what a scan after it says.</summary>
    /// <param name="report">Its result.</param>
    /// <param name="after">The domain as a scan after it saw it; null when no scan could.</param>
    public void End(HandoverReport report, ScannedDomain? after)
    {
        ArgumentNullException.ThrowIfNull(report);
        Happen((state, moment) => EndRule.End(state, report, after, moment));
    }

    /// <summary>Puts a handover back that is recorded as started and has not begun: an approval still holds.</summary>
    /// <param name="record">The handover.</param>
    /// <param name="why">Why it has not begun.</param>
    internal void PutBack(HandoverRecord record, NotBegun why) =>
        Happen((state, moment) => EndRule.NotBegun(state, record, why, moment));

    /// <summary>Something that somebody asks for, and is refused when it cannot be recorded.</summary>
    private void Ask(Func<QueueState, QueueMoment, QueueStep> rule) => _ledger.Change(() => _ledger.Take(rule(State, Moment), Unwritten.Refused));

    /// <summary>Something that has happened, whether or not it can be recorded.</summary>
    private void Happen(Func<QueueState, QueueMoment, QueueStep> rule) => _ledger.Change(() => _ledger.Take(rule(State, Moment), Unwritten.Happened));

    /// <summary>Something that is shown and not kept.</summary>
    private void Show(Func<QueueState, QueueMoment, QueueState> rule) => _ledger.Change(() => _ledger.Show(rule(State, Moment)));

    private void Announce(IReadOnlyList<QueueStep> taken, bool isOther)
    {
        foreach (var step in taken.Where(step => step.Cancelled != 0))
            CancelRequested?.Invoke(step.Cancelled);
        foreach (var news in taken.SelectMany(step => step.News))
            Happened?.Invoke(news);
        if (isOther)
            Changed?.Invoke();
        if (taken.Any(step => step.IsScanWanted))
            ScanWanted?.Invoke();
    }
}
