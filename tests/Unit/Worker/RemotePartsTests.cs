using Serilog.Core;
using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Policy;
using VirtHandover.Queue;
using VirtHandover.Tests.Unit.Queue;
using VirtHandover.Worker;

namespace VirtHandover.Tests.Unit.Worker;

/// <summary>The parts that the front works with are to its queue what the real ones are.</summary>
public sealed class RemotePartsTests : IAsyncLifetime
{
    private readonly FakeCanary _canary = new() { Verdict = new CanaryVerdict.Passed("It lives.") };
    private readonly Told _told = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly WorkerBed _bed;

    public RemotePartsTests() => _bed = new WorkerBed(_canary, _told, holdCommand: $"test ! -e {Hold} || {{ echo busy; exit 1; }}");

    private string Hold => Path.Combine(_directory.Path, "hold");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _bed.DisposeAsync();
        _directory.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_scan_names_the_domains_and_their_processes()
    {
        var domains = await _bed.Parts.Detector.ScanAsync(CancellationToken.None);
        Assert.Equal(["vm-0", "vm-1"], domains.Select(domain => domain.Name));
        Assert.True(domains[0].IsOutdated);
        Assert.Equal(FakeDetector.Identify(domains[1].ProcessId), _bed.Parts.Identify(domains[1].ProcessId));
        Assert.Equal(0UL, _bed.Parts.Identify(4711).StartTime);
        Assert.Equal(1, _bed.Scanned);
        Assert.Equal([Sample.Build(2)], _canary.Kept);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_libvirt_says_against_it_is_thrown_as_libvirt_s()
    {
        _bed.Detector.Failure = new LibvirtException(LibvirtException.NoAnswer, "It does not answer.");
        var thrown = await Assert.ThrowsAsync<LibvirtException>(() => _bed.Parts.Detector.ScanAsync(CancellationToken.None));
        Assert.Equal((LibvirtException.NoAnswer, "It does not answer."), (thrown.Code, thrown.Message));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_worker_that_ends_gave_up_may_be_asked_of_the_next()
    {
        _bed.Detector.Hold = new TaskCompletionSource();
        var scan = _bed.Parts.Detector.ScanAsync(CancellationToken.None);
        _bed.Detector.Hold.SetCanceled();
        Assert.True((await Assert.ThrowsAsync<WorkerException>(() => scan)).IsAway);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_handover_tells_its_news_and_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var request = new HandoverRequest(3, Sample.Id(0), false, TimeSpan.Zero);
        var stream = _bed.Parts.Runner.RunAsync([new HandoverOrder(request, cancel.Token)]).GetAsyncEnumerator();
        var next = stream.MoveNextAsync().AsTask();
        var started = await _bed.Runner.StartedAsync();
        Assert.False(_bed.Desk.IsAtRest);
        started.Tell.TryWrite(new HandoverProgress.Copying(1, 2));
        Assert.True(await next);
        Assert.Equal(new HandoverNews(3, new HandoverProgress.Copying(1, 2)), stream.Current);
        var cancelled = new TaskCompletionSource();
        await using var registration = started.Cancel.Register(cancelled.SetResult);
        await cancel.CancelAsync();
        await cancelled.Task;
        started.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(3, 0, HandoverOutcome.Cancelled)));
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(HandoverOutcome.Cancelled, Assert.IsType<HandoverProgress.Ended>(stream.Current.Progress).Report.Outcome);
        Assert.False(await stream.MoveNextAsync());
        await stream.DisposeAsync();
        Assert.True(_bed.Desk.IsAtRest);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_front_that_goes_leaves_its_handover_to_its_end_and_the_next_one_hears_of_it()
    {
        var request = new HandoverRequest(3, Sample.Id(0), false, TimeSpan.Zero);
        var stream = _bed.Parts.Runner.RunAsync([new HandoverOrder(request, CancellationToken.None)]).GetAsyncEnumerator();
        var next = stream.MoveNextAsync().AsTask();
        var started = await _bed.Runner.StartedAsync();
        _bed.Break();
        Assert.True((await Assert.ThrowsAsync<WorkerException>(() => next)).IsAway);
        Assert.False(started.Cancel.IsCancellationRequested);
        _bed.Recovery.Answer = id => Sample.Report(id, 0, HandoverOutcome.Done);
        var recovering = _bed.Parts.Recovery.RecoverAsync(3, Sample.Id(0), new AlarmSink(_ => { }), CancellationToken.None);
        started.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(3, 0, HandoverOutcome.Done)));
        Assert.Equal((HandoverOutcome.Done, 2), ((await recovering)!.Outcome, _bed.Connections));
    }

    [Fact(Timeout = 60_000)]
    public async Task Recovery_waits_for_a_worker_that_is_away()
    {
        _bed.Recovery.Orphans.Add(8);
        var tries = 0;
        await using var client = new WorkerClient(
            _ => ++tries == 1 ? throw new IOException("Nobody listens.") : Task.FromResult(_bed.Connect()), WorkerBed.Build);
        var parts = RemoteParts.Of(client, new QueueOptions(), TimeProvider.System, Logger.None);
        Assert.Equal([8], await parts.Recovery.UnfinishedAsync(CancellationToken.None));
        Assert.Equal(2, tries);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_worker_of_another_build_is_not_asked()
    {
        await using var client = new WorkerClient(_ => Task.FromResult(_bed.Connect()), "another build");
        var parts = RemoteParts.Of(client, new QueueOptions(), TimeProvider.System, Logger.None);
        var thrown = await Assert.ThrowsAsync<WorkerException>(() => parts.Detector.ScanAsync(CancellationToken.None));
        Assert.Contains("of another build", thrown.Message, StringComparison.Ordinal);
        Assert.False(await parts.Transaction.IsRunningAsync(CancellationToken.None));
        Assert.True(client.IsOfAnotherBuild);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("""{"call":1,"reply":{"tell":"done"}}""")]
    [InlineData("""{"call":1,"reply":{"tell":"answer","yes":true}}""")]
    [InlineData("""{"call":1,"reply":{"tell":"greeting","build":"this build"}}""" + "\n" + """{"call":1,"reply":{"tell":"failed","kind":"worker","code":0,"message":"No."}}""")]
    [InlineData("""{"call":7,"reply":{"tell":"greeting","build":"this build"}}""" + "\n" + "garbage")]
    [InlineData("garbage")]
    [InlineData("")]
    public async Task A_worker_that_answers_with_nonsense_is_a_worker_that_is_away_and_the_next_one_is_asked(string said)
    {
        var tries = 0;
        await using var client = new WorkerClient(
            async _ =>
            {
                if (++tries > 1)
                    return _bed.Connect();
                var (here, there) = WorkerBed.Pair();
                await using (there)
                    await there.WriteAsync(System.Text.Encoding.UTF8.GetBytes(said + "\n"), CancellationToken.None);
                return here;
            },
            WorkerBed.Build);
        var parts = RemoteParts.Of(client, new QueueOptions(), TimeProvider.System, Logger.None);
        await Assert.ThrowsAsync<WorkerException>(() => parts.Detector.ScanAsync(CancellationToken.None));
        Assert.Equal(2, (await parts.Detector.ScanAsync(CancellationToken.None)).Count);
        Assert.False(client.IsOfAnotherBuild);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_canary_s_verdict_and_policies_and_the_rest_come_through()
    {
        var verdict = await _bed.Parts.Canary!.SendAsync(
            new HandoverRequest(3, Sample.Id(0), false, TimeSpan.Zero), new AlarmSink(_ => { }), CancellationToken.None);
        Assert.Equal(new CanaryVerdict.Passed("It lives."), verdict);
        await _bed.Parts.Canary.ClearAsync(CancellationToken.None);
        Assert.Equal((1, 1), (_canary.Sent, _canary.Cleared));

        var policy = new DomainPolicy { Mode = PolicyMode.Never, Window = MaintenanceWindows.Parse("Sun 02:00-04:00"), Priority = 4 };
        await _bed.Parts.Definitions.WritePolicyAsync(Sample.Id(0), policy, CancellationToken.None);
        Assert.Equal(policy, await _bed.Parts.Definitions.ReadPolicyAsync(Sample.Id(0), CancellationToken.None));
        _bed.Definitions.Metadata[Sample.Id(1)] = "<policy mode='perhaps'/>";
        Assert.Contains("not valid", (await _bed.Parts.Definitions.ReadPolicyAsync(Sample.Id(1), CancellationToken.None)).Problem, StringComparison.Ordinal);
        Assert.Equal("vm-0 is prepared.", await _bed.Parts.Definitions.PrepareAsync(Sample.Id(0), "vm-0", CancellationToken.None));

        Assert.Equal(Sample.Good, await _bed.Parts.Runner.AssessAsync(Sample.Id(0), CancellationToken.None) with { Findings = Sample.Good.Findings });
        _bed.Transaction.Running = true;
        Assert.True(await _bed.Parts.Transaction.IsRunningAsync(CancellationToken.None));
        Assert.Equal("", await _bed.Parts.Hold.AskAsync(CancellationToken.None));
        await File.WriteAllTextAsync(Hold, "");
        Assert.Contains("exit code 1: busy", await _bed.Parts.Hold.AskAsync(CancellationToken.None), StringComparison.Ordinal);
        var notice = Notice.Of("paused", "It paused.", []);
        await _bed.Parts.Notices!.TellAsync(notice, CancellationToken.None);
        Assert.Equal([notice], _told.Notices);
    }

    [Fact(Timeout = 60_000)]
    public async Task Starts_and_ends_of_domains_are_passed_on()
    {
        using var stop = new CancellationTokenSource();
        var heard = new SemaphoreSlim(0);
        var watching = _bed.Parts.Watch!.RunAsync(() => heard.Release(), stop.Token);
        Assert.True(await heard.WaitAsync(TimeSpan.FromSeconds(20)));
        while (!await heard.WaitAsync(TimeSpan.FromMilliseconds(20)))
            _bed.Desk.DomainsChanged();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
        heard.Dispose();
    }

    private sealed class Told : INoticePrograms
    {
        public List<Notice> Notices { get; } = [];

        public Task TellAsync(Notice notice, CancellationToken cancellationToken)
        {
            Notices.Add(notice);
            return Task.CompletedTask;
        }
    }
}
