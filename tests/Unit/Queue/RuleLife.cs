using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>A life of the pure rules, without a lock and with a database that is a dictionary; after each step what has to hold always is looked at.</summary>
/// <param name="mode">Who approves.</param>
/// <param name="together">How many share an outage.</param>
/// <param name="reached">Counts what has happened, so that a test can tell whether its lives led anywhere.</param>
internal sealed class RuleLife(PolicyMode mode, int together, ConcurrentDictionary<string, int> reached)
{
    public const int Domains = 3;
    public const int Actions = 15;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly Dictionary<Guid, string> _rows = [];
    private readonly int[] _pids = [100, 200, 300];
    private string _control = QueueJson.Write(new QueueControl());
    private QueueState _state = new();
    private QueueState _written = new();
    private long _id;

    private QueueMoment Moment => new(new QueueOptions { Mode = mode, Together = together }, _time.GetUtcNow(), new WindowTimes(_time));

    private List<(Upgrade Upgrade, UpgradeState.Running State)> Running =>
        [.. _state.Upgrades.Values.Where(one => one.State is UpgradeState.Running).Select(one => (one, (UpgradeState.Running)one.State)).OrderBy(one => one.Item2.Id)];

    /// <summary>Something happens, of which the database takes notice or not.</summary>
    public void Step(int action, int domain, int variant, bool isWritable)
    {
        try
        {
            Do(action, domain, variant, isWritable);
        }
        catch (QueueException e)
        {
            Assert.NotEqual(QueueFault.NotRecorded, e.Fault);
        }

        Assert.True(Running.Count <= together);
        Assert.Equal(Running.Count, Running.Select(one => one.State.Id).Distinct().Count());
    }

    private void Do(int action, int n, int variant, bool isWritable)
    {
        var id = Sample.Id(n);
        switch (action)
        {
            case 0 or 1:
                _pids[n] += variant == 3 ? 10 : 0;
                _state = _state with { Ticket = _state.Ticket + 1 };
                // What is in the middle of a step is not taken over half: it is done again when it can be written.
                if (!isWritable)
                    break;
                Take(ScanRule.Merge(_state, [.. Enumerable.Range(0, Domains).Where(one => variant != 7 || one != n).Select(one => See(one, variant))], _state.Ticket, Moment), true);
                foreach (var (asked, report) in ScanRule.Gone(_state))
                    Take(EndRule.Drop(_state, asked, report), true);
                break;
            case 2:
                Ask(AskRule.Approve(_state, id, "ana", null, Moment), isWritable);
                break;
            case 3:
                Ask(AskRule.Ask(_state, id, "deferred", new UpgradeEvent.Defer(_time.GetUtcNow().AddMinutes(variant), "ana"), Moment), isWritable);
                break;
            case 4:
                Ask(AskRule.Cancel(_state, id, "ana", Moment), isWritable);
                break;
            case 5:
                Ask(AskRule.Ask(_state, id, "retried", new UpgradeEvent.Retry(), Moment), isWritable);
                break;
            case 6:
                AskRule.DemandRun(_state, id, variant % 2 == 0, Moment.Options);
                _state = _state with { Asked = _state.Asked.Add(new AskedHandover(++_id, id, variant % 2 == 0, "ana", _time.GetUtcNow())) };
                break;
            case 7 or 8:
                Start(isWritable);
                break;
            case 9 or 10:
                End(n, variant, isWritable);
                break;
            case 11:
                Ask(variant % 2 == 0 ? AskRule.Pause(_state, "", "ana", Moment) : AskRule.Resume(_state), isWritable);
                break;
            case 12:
                _state = variant % 2 == 0 ? _state with { Hold = variant == 0 ? "" : "It is held." } : ScanRule.Failed(_state, AlarmSource.Libvirt, "libvirt is away.");
                break;
            case 13:
                _time.Advance(TimeSpan.FromMinutes(variant));
                if (DueRule.Deferrals(_state, Moment) is { } due)
                    Ask(due, isWritable);
                break;
            default:
                var change = new PolicyChange { Mode = variant switch { 0 => "never", 1 => "auto", _ => "" } };
                Ask(PolicyRule.Take(_state, id, DomainPolicy.None.With(change), change, Moment), isWritable);
                break;
        }
    }

    private void Start(bool isWritable)
    {
        StartRule.Candidate? first = null;
        Assert.True(StartRule.CanStart(_state) || GroupRule.Next(_state, null, Moment) is null);
        for (var count = 0; isWritable && count < together && GroupRule.Next(_state, first, Moment) is { } next; count++)
        {
            // Nothing starts on an old view, against a pause, a hold or a policy, and no VM twice.
            Assert.True(_state.IsScanGood && _state.Interrupted.IsEmpty);
            Assert.IsNotType<UpgradeState.Running>(_state.Upgrades[next.Upgrade.Domain].State);
            Assert.True(next.IsRehearsal || (_state.Hold.Length == 0 && !PolicyRule.IsNever(_state, next.Upgrade, Moment.Options)));
            Assert.True(next.Asked is not null || (_state.Control.Pause is null && next.Upgrade.State is UpgradeState.Approved));
            Assert.True(first is null || (!first.IsRehearsal && !next.IsRehearsal && first.Upgrade.Running.BuildId == next.Upgrade.Running.BuildId));
            Take(StartRule.Start(_state, next, next.Asked?.Id ?? ++_id, Moment), true);
            Reached(next.IsRehearsal ? "rehearsal" : first is not null ? "group" : next.Asked is null ? "approved" : "asked");
            first ??= next;
        }
    }

    private void End(int luck, int variant, bool isWritable)
    {
        if (Running is not [var (upgrade, running), ..])
            return;
        if (variant >= 5)
        {
            NotBegun why = variant switch { 5 => new NotBegun.CanaryDied("It died."), 6 => new NotBegun.WorkerGone("It went."), _ => new NotBegun.ServiceEnded() };
            var record = new HandoverRecord(running.Id, upgrade.Domain, upgrade.Name, running.StartedAt, Started: true);
            Take(EndRule.NotBegun(_state, record, why, Moment), isWritable);
            // What was approved is approved, by the same person and since the same moment.
            Assert.Equal(running.Before, _state.Upgrades[upgrade.Domain].State);
            Assert.True(why is not NotBegun.CanaryDied || _state.Control.Pause is not null);
            Reached(running.Before is UpgradeState.Approved ? "approval kept" : "put back");
            return;
        }

        var n = Enumerable.Range(0, Domains).Single(one => Sample.Id(one) == upgrade.Domain);
        var outcome = (HandoverOutcome)(((2 * variant) + luck) % 9);
        Take(EndRule.End(_state, Sample.Report(running.Id, n, outcome), outcome == HandoverOutcome.Gone ? null : See(n, 1), Moment), isWritable);
        Reached(isWritable ? outcome.ToString() : "unwritten");
        Assert.IsNotType<UpgradeState.Running>(_state.Find(upgrade.Domain)?.State);
        Assert.True(outcome != HandoverOutcome.Gone || _state.Find(upgrade.Domain) is null);
    }

    private static ScannedDomain Seen(int n, int variant, int pid) => variant switch
    {
        4 => Sample.Domain(n, installed: null, pid: pid),
        5 => Sample.Domain(n, running: 2, pid: pid),
        _ => Sample.Domain(n, assessment: variant % 2 == 0 ? Sample.Good : null, pid: pid),
    };

    private void Reached(string what) => reached.AddOrUpdate(what, 1, (_, count) => count + 1);

    private ScannedDomain See(int n, int variant) => Seen(n, variant, _pids[n]);

    private void Ask(QueueStep step, bool isWritable)
    {
        if (isWritable)
            Take(step, true);
    }

    /// <summary>As the ledger does it with what has happened.</summary>
    private void Take(QueueStep step, bool isWritable)
    {
        _state = step.State;
        if (!isWritable)
            return;
        var change = StoreChange.Between(_written, step);
        foreach (var upgrade in change.Changed)
            _rows[upgrade.Domain] = QueueJson.Write(upgrade);
        foreach (var domain in change.Removed)
            _rows.Remove(domain);
        _control = change.Control is { } control ? QueueJson.Write(control) : _control;
        _written = step.State;
        CheckLoaded();
    }

    // Also what could not be written in its time.
    private void CheckLoaded()
    {
        var kept = LoadRule.Kept(_rows.Values.Select(row => QueueJson.ReadUpgrade(row, "A row")), QueueJson.ReadControl(_control, "The control"));
        Assert.Equal(Rows(_state), Rows(kept));
        Assert.Equal(QueueJson.Write(_state.Control), QueueJson.Write(kept.Control));
        Assert.Equal(_state.Granted.Keys.Order(), kept.Granted.Keys.Order());
        var begun = LoadRule.Begin(
            kept, Running.Select(one => new HandoverRecord(one.State.Id, one.Upgrade.Domain, one.Upgrade.Name, default, true)), Moment.Options);
        Assert.Equal(Rows(_state), Rows(begun));
        Assert.Equal(Running.Count, begun.Interrupted.Count);
        Assert.False(StartRule.HasWork(begun, Moment));
        Assert.True(StoreChange.Between(kept, new QueueStep(begun)).IsEmpty);
    }

    private static IEnumerable<string> Rows(QueueState state) => state.Upgrades.Values.Select(QueueJson.Write).Order(StringComparer.Ordinal);
}
