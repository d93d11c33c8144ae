using System.Diagnostics;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;

namespace VirtHandover.Tests.Unit.Handover;

/// <summary>A twin of a group that moves nothing.</summary>
internal sealed record FakeTwin(string Name);

/// <summary>A target of a group that moves nothing.</summary>
internal sealed record FakeTarget(string Name);

/// <summary>A host, its libvirt and VMs, each of which does or throws what a test tells it; what the group asks of them, in order.</summary>
internal sealed class GroupBed : IGroupHost<FakeTwin>, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _deeds = [];

    internal IReadOnlyList<string> Deeds
    {
        get
        {
            lock (_deeds)
                return [.. _deeds];
        }
    }

    internal List<FakeRun> Runs { get; } = [];

    /// <summary>Thrown instead of stopping libvirt.</summary>
    internal Exception? Stop { get; set; }

    /// <summary>Thrown when libvirt is to start again.</summary>
    internal Exception? Release { get; set; }

    internal bool HasRoom { get; set; } = true;

    internal OutageLimit Limit { get; set; } = OutageLimit.Of(Stopwatch.GetTimestamp(), TimeSpan.FromHours(1));

    internal FakeRun Add(string name)
    {
        var run = new FakeRun(this, name, HandoverJournal.TryOpen(_directory.Path, Runs.Count + 1)!);
        Runs.Add(run);
        return run;
    }

    internal Task RunAsync() => new HandoverGroup<FakeTwin, FakeTarget>(Runs, this).RunAsync();

    internal void Note(string deed)
    {
        lock (_deeds)
            _deeds.Add(deed);
    }

    public bool HasRoomFor(FakeTwin twin, int many) => HasRoom;

    public Task<IOutage> StopLibvirtAsync(IReadOnlyList<(FakeTwin Twin, HandoverJournal Journal)> group)
    {
        Note($"stop libvirt for {string.Join(' ', group.Select(one => one.Twin.Name))}");
        return Stop is null ? Task.FromResult<IOutage>(new FakeOutage(this)) : Task.FromException<IOutage>(Stop);
    }

    public Task<IReadOnlyList<HandoverReport>> InsistAsync(IReadOnlyList<BrokenHandover> broken, IProgress<string> alarm) => InsistAsync(broken, "with libvirt");

    public void Dispose()
    {
        Runs.ForEach(run => run.Journal.Dispose());
        _directory.Dispose();
    }

    private Task<IReadOnlyList<HandoverReport>> InsistAsync(IReadOnlyList<BrokenHandover> broken, string how)
    {
        var names = broken.Select(one => Runs.Single(run => run.Journal == one.Journal).Subject).ToList();
        Note($"insist {how} on {string.Join(' ', names)}");
        return Task.FromResult<IReadOnlyList<HandoverReport>>(
            [.. names.Select(name => new HandoverReport { Id = 1, Domain = Guid.Empty, Name = name, Outcome = HandoverOutcome.Undone, Sentence = "Ended.", StartedAt = DateTimeOffset.UnixEpoch })]);
    }

    private sealed class FakeOutage(GroupBed bed) : IOutage
    {
        public long Since => 0;

        public OutageLimit Limit => bed.Limit;

        public Task ReleaseAsync()
        {
            bed.Note("start libvirt");
            return bed.Release is null ? Task.CompletedTask : Task.FromException(bed.Release);
        }

        public Task<IReadOnlyList<HandoverReport>> InsistAsync(IReadOnlyList<BrokenHandover> broken, IProgress<string> alarm) => bed.InsistAsync(broken, "without libvirt");
    }
}

/// <summary>A VM of a <see cref="GroupBed"/>.</summary>
internal sealed class FakeRun(GroupBed bed, string name, HandoverJournal journal) : IGroupRun<FakeTwin, FakeTarget>
{
    private readonly List<(HandoverOutcome? Outcome, string Words)> _reports = [];

    /// <summary>Thrown by Prepare.</summary>
    internal Exception? Prepare { get; set; }

    /// <summary>Thrown by the move.</summary>
    internal Exception? Move { get; set; }

    /// <summary>Thrown by both ways to undo Prepare.</summary>
    internal Exception? Undo { get; set; }

    /// <summary>Thrown by the wait for libvirt.</summary>
    internal Exception? Confirm { get; set; }

    /// <summary>Taken back while it was prepared.</summary>
    internal bool CancelledInPrepare { get; set; }

    /// <summary>What Prepare reports; null when it makes a twin.</summary>
    internal HandoverOutcome? PrepareEnds { get; set; }

    internal IReadOnlyList<string> Reports => [.. _reports.Select(report => report.Words)];

    public string Subject => name;

    public HandoverJournal Journal => journal;

    public HandoverOutcome? Outcome => _reports.Count == 0 ? null : _reports[^1].Outcome;

    public bool FailedAlone { get; set; }

    public bool IsCancelled { get; private set; }

    public bool SourceHasEnded { get; set; }

    public Task<FakeTwin?> PrepareAsync()
    {
        bed.Note($"prepare {name}");
        IsCancelled = CancelledInPrepare;
        if (Prepare is not null)
            return Task.FromException<FakeTwin?>(Prepare);
        if (PrepareEnds is not { } outcome)
            return Task.FromResult<FakeTwin?>(new FakeTwin(name));
        Tell(outcome, $"{outcome} in prepare");
        return Task.FromResult<FakeTwin?>(null);
    }

    public void EnterQuiesce() => bed.Note($"quiesce {name}");

    public Task<FakeTarget> MoveAsync(FakeTwin twin, OutageLimit limit)
    {
        Assert.Equal(name, twin.Name);
        bed.Note($"move {name}");
        return Move is null ? Task.FromResult(new FakeTarget(name)) : Task.FromException<FakeTarget>(Move);
    }

    public Task DropAsync(FakeTwin twin, OutageLimit limit) => UndoAsync("drop", twin);

    public Task WithdrawAsync(FakeTwin twin) => UndoAsync("withdraw", twin);

    public Task ConfirmAsync(FakeTarget target, IOutage outage)
    {
        Assert.Equal(name, target.Name);
        bed.Note($"confirm {name}");
        if (Confirm is not null)
            return Task.FromException(Confirm);
        Tell(HandoverOutcome.Done, "done");
        return Task.CompletedTask;
    }

    public void End(Exception exception, IOutage? outage = null) => Tell(HandoverOutcome.Undone, $"ended {With(outage)}: {exception.Message}");

    public void Postpone(string because, IOutage? outage) => Tell(HandoverOutcome.Postponed, $"put off {With(outage)}: {because}");

    public void Take(HandoverReport ended)
    {
        Assert.Equal(name, ended.Name);
        Tell(ended.Outcome, "recovered");
    }

    public void Alarm(string sentence) => bed.Note($"alarm {name}");

    public void LetGo() => bed.Note($"let go {name}");

    private Task UndoAsync(string how, FakeTwin twin)
    {
        Assert.Equal(name, twin.Name);
        bed.Note($"{how} {name}");
        return Undo is null ? Task.CompletedTask : Task.FromException(Undo);
    }

    private static string With(IOutage? outage) => outage is null ? "with libvirt" : "after an outage";

    private void Tell(HandoverOutcome? outcome, string words) => _reports.Add((outcome, words));
}
