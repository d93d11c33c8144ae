using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Policy;
using VirtHandover.Queue;
using VirtHandover.Tests.Unit.Queue;
using VirtHandover.Worker;

namespace VirtHandover.Tests.Unit.Worker;

/// <summary>What the worker sees to itself before it touches a VM, whatever a front orders.</summary>
public sealed class WorkerOrdersTests : IAsyncLifetime
{
    private readonly FakeCanary _canary = new() { Verdict = new CanaryVerdict.Passed("It lives.") };
    private readonly TemporaryDirectory _directory = new();
    private readonly WorkerBed _bed;
    private readonly string _hold;

    public WorkerOrdersTests()
    {
        _hold = Path.Combine(_directory.Path, "hold");
        _bed = new WorkerBed(_canary, holdCommand: $"echo asked >> {_directory.Path}/asked; test ! -e {_hold}");
    }

    private int Asked => File.Exists(Path.Combine(_directory.Path, "asked")) ? File.ReadAllText(Path.Combine(_directory.Path, "asked")).Count(c => c == '\n') : 0;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _bed.DisposeAsync();
        _directory.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task One_outage_of_libvirt_at_a_time_however_many_are_ordered()
    {
        var first = RunAsync(Order(1, 0));
        var one = await _bed.Runner.StartedAsync();
        var second = RunAsync(Order(2, 1));
        var canary = _bed.Client.DoAsync(new WorkerRequest.SendCanary(Order(3, 1)), CancellationToken.None);
        // Answered while both wait: they have come in.
        await _bed.Parts.Detector.ScanAsync(CancellationToken.None);
        Assert.Equal((1, false, 1), (_bed.Runner.Running, _bed.Runner.HasStarted, _canary.Sent));
        End(one, 1, 0);
        await first;
        End(await _bed.Runner.StartedAsync(), 2, 1);
        await second;
        await canary;
        Assert.Equal(1, _bed.Runner.MostRunning);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_is_not_ordered_twice_under_two_numbers_nor_a_number_twice()
    {
        var first = RunAsync(Order(1, 0));
        var one = await _bed.Runner.StartedAsync();
        foreach (var again in (RunOrder[])[Order(2, 0), Order(1, 1)])
        {
            var refused = await Assert.ThrowsAsync<WorkerException>(() => RunAsync(again));
            Assert.Contains("under way already", refused.Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<QueueException>(() => _bed.Parts.Definitions.WritePolicyAsync(Sample.Id(0), DomainPolicy.None, CancellationToken.None));
        await Assert.ThrowsAsync<QueueException>(() => _bed.Parts.Definitions.PrepareAsync(Sample.Id(0), "vm-0", CancellationToken.None));
        await _bed.Parts.Definitions.PrepareAsync(Sample.Id(1), "vm-1", CancellationToken.None);
        End(one, 1, 0);
        await first;
        await _bed.Parts.Definitions.PrepareAsync(Sample.Id(0), "vm-0", CancellationToken.None);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_front_had_ordered_and_had_not_begun_does_not_begin_once_another_front_has_followed()
    {
        var first = RunAsync(Order(1, 0));
        var one = await _bed.Runner.StartedAsync();
        var waiting = RunAsync(Order(2, 1));
        await _bed.Parts.Detector.ScanAsync(CancellationToken.None);

        await using var next = new WorkerClient(_ => Task.FromResult(_bed.Connect()), WorkerBed.Build);
        var parts = RemoteParts.Of(next, new QueueOptions(), TimeProvider.System, Serilog.Core.Logger.None);
        await parts.Transaction.IsRunningAsync(CancellationToken.None);
        Assert.True((await Assert.ThrowsAsync<WorkerException>(() => first)).IsAway);
        Assert.True((await Assert.ThrowsAsync<WorkerException>(() => waiting)).IsAway);
        Assert.Null(await parts.Recovery.RecoverAsync(2, Sample.Id(1), new AlarmSink(_ => { }), CancellationToken.None));

        // The one that had begun goes on, and its end is awaited; what is said of it meanwhile is passed on.
        _bed.Recovery.Answer = id => Sample.Report(id, 0, HandoverOutcome.Done);
        var alarms = new List<string>();
        var recovering = parts.Recovery.RecoverAsync(1, Sample.Id(0), new AlarmSink(alarms.Add), CancellationToken.None);
        await parts.Transaction.IsRunningAsync(CancellationToken.None);
        one.Tell.TryWrite(new HandoverProgress.Alarm("It takes long."));
        Assert.False(recovering.IsCompleted);
        End(one, 1, 0);
        Assert.Equal(HandoverOutcome.Done, (await recovering)!.Outcome);
        Assert.Equal(["It takes long."], alarms);
        Assert.False(_bed.Runner.HasStarted);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_an_earlier_worker_left_ends_before_anything_begins()
    {
        _bed.Recovery.Orphans.AddRange([8, 9]);
        var first = RunAsync(Order(11, 0));
        End(await _bed.Runner.StartedAsync(), 11, 0);
        await first;
        Assert.Equal([8, 9], _bed.Recovery.Asked);
        await _bed.Client.DoAsync(new WorkerRequest.SendCanary(Order(12, 1)), CancellationToken.None);
        Assert.Equal([8, 9, 8, 9], _bed.Recovery.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_real_starts_while_the_fleet_is_held()
    {
        await File.WriteAllTextAsync(_hold, "");
        var ended = await EndOf(Order(1, 0));
        Assert.Equal(HandoverOutcome.Postponed, ended.Outcome);
        Assert.Contains("HoldCommand=", ended.Sentence, StringComparison.Ordinal);
        Assert.Equal((0, false), (_canary.Sent, _bed.Runner.HasStarted));
        var rehearsal = RunAsync(Order(2, 0) with { Rehearse = true });
        End(await _bed.Runner.StartedAsync(), 2, 0);
        await rehearsal;
        Assert.Equal(1, Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_hold_that_the_front_has_just_asked_for_is_not_asked_for_again()
    {
        await _bed.Parts.Hold.AskAsync(CancellationToken.None);
        var running = RunAsync(Order(1, 0));
        End(await _bed.Runner.StartedAsync(), 1, 0);
        await running;
        Assert.Equal(1, Asked);
        await _bed.Parts.Hold.AskAsync(CancellationToken.None);
        Assert.Equal(2, Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_whose_policy_is_never_is_not_touched()
    {
        _bed.Definitions.Metadata[Sample.Id(0)] = PolicyXml.Write(new DomainPolicy { Mode = PolicyMode.Never });
        var ended = await EndOf(Order(1, 0));
        Assert.Equal((HandoverOutcome.Postponed, false), (ended.Outcome, _bed.Runner.HasStarted));
        _bed.Definitions.Metadata[Sample.Id(0)] = "<policy mode='perhaps'/>";
        Assert.Equal(HandoverOutcome.Postponed, (await EndOf(Order(2, 0))).Outcome);
    }

    [Fact(Timeout = 60_000)]
    public async Task No_real_VM_goes_before_a_canary_even_if_the_front_sends_none()
    {
        _canary.Verdict = new CanaryVerdict.Died("It died.");
        var ended = await EndOf(Order(1, 0));
        Assert.Equal((HandoverOutcome.Undone, 1, false), (ended.Outcome, _canary.Sent, _bed.Runner.HasStarted));
        Assert.Contains("It died.", ended.Sentence, StringComparison.Ordinal);
        _canary.Verdict = new CanaryVerdict.Postponed("libvirt is away.");
        Assert.Equal(HandoverOutcome.Postponed, (await EndOf(Order(2, 0))).Outcome);
        _canary.Verdict = new CanaryVerdict.NotSent("It has no builds.");
        var running = RunAsync(Order(3, 0));
        End(await _bed.Runner.StartedAsync(), 3, 0);
        await running;
        Assert.Equal(3, _canary.Sent);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_canary_speaks_for_the_builds_between_which_it_went_and_for_no_other()
    {
        await _bed.Client.DoAsync(new WorkerRequest.SendCanary(Order(1, 0)), CancellationToken.None);
        var first = RunAsync(Order(1, 0));
        End(await _bed.Runner.StartedAsync(), 1, 0);
        await first;
        Assert.Equal(1, _canary.Sent);

        // The package was replaced once more between the canary and the order.
        _bed.Detector.Domains = [Sample.Domain(0, installed: 3), Sample.Domain(1)];
        await _bed.Parts.Detector.ScanAsync(CancellationToken.None);
        var second = RunAsync(Order(2, 0));
        var started = await _bed.Runner.StartedAsync();
        Assert.Equal((2, Sample.Build(3)), (_canary.Sent, started.Request.To));
        End(started, 2, 0);
        await second;
    }

    [Fact(Timeout = 60_000)]
    public async Task An_order_that_cannot_be_carried_out_now_leaves_nothing_behind()
    {
        _bed.Detector.Failure = new LibvirtException(LibvirtException.NoAnswer, "It does not answer.");
        var ended = await EndOf(Order(1, 0));
        Assert.Equal((HandoverOutcome.Postponed, true), (ended.Outcome, _bed.Desk.IsAtRest));
        _bed.Detector.Failure = null;
        var running = RunAsync(Order(1, 0));
        End(await _bed.Runner.StartedAsync(), 1, 0);
        await running;
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_taken_back_before_its_order_has_come_does_not_begin()
    {
        await _bed.Client.DoAsync(new WorkerRequest.Cancel(1), CancellationToken.None);
        var ended = await EndOf(Order(1, 0));
        Assert.Equal((HandoverOutcome.Cancelled, 0, false, true), (ended.Outcome, _canary.Sent, _bed.Runner.HasStarted, _bed.Desk.IsAtRest));
        var other = RunAsync(Order(2, 0));
        End(await _bed.Runner.StartedAsync(), 2, 0);
        await other;
    }

    [Fact(Timeout = 60_000)]
    public async Task What_an_earlier_front_took_back_says_nothing_of_a_handover_of_the_same_number()
    {
        await _bed.Client.DoAsync(new WorkerRequest.Cancel(1), CancellationToken.None);
        await using var next = new WorkerClient(_ => Task.FromResult(_bed.Connect()), WorkerBed.Build);
        var running = next.DoAsync(new WorkerRequest.Run([Order(1, 0)]), CancellationToken.None);
        End(await _bed.Runner.StartedAsync(), 1, 0);
        await running;
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_taken_back_while_its_canary_runs_ends_with_it_and_sends_no_other()
    {
        var sent = new TaskCompletionSource();
        _canary.OnSend = async cancel =>
        {
            sent.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
            return new CanaryVerdict.NotSent("It was given up.");
        };
        var ended = EndOf(Order(1, 0));
        await sent.Task;
        await _bed.Client.DoAsync(new WorkerRequest.Cancel(1), CancellationToken.None);
        Assert.Equal(HandoverOutcome.Cancelled, (await ended).Outcome);
        Assert.Equal((1, false), (_canary.Sent, _bed.Runner.HasStarted));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_that_has_just_ended_is_left_to_its_keeper_to_tell()
    {
        _bed.Definitions.Failure = new LibvirtException(LibvirtException.NoDomain, "There is none.");
        var running = RunAsync(Order(1, 0));
        End(await _bed.Runner.StartedAsync(), 1, 0);
        await running;
    }

    [Fact(Timeout = 60_000)]
    public async Task A_gate_lets_one_in_for_each_key_and_keeps_nothing()
    {
        var gate = new KeyedGate<int>();
        var hold = new TaskCompletionSource();
        var inside = 0;
        async Task Enter()
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await hold.Task;
            Interlocked.Decrement(ref inside);
        }

        var first = gate.PassAsync(1, Enter, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var second = gate.PassAsync(1, Enter, CancellationToken.None);
        var third = gate.PassAsync(1, Enter, gone.Token);
        await gate.PassAsync(2, () => Task.CompletedTask, CancellationToken.None);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        Assert.Equal(1, gate.Count);
        hold.SetResult();
        await Task.WhenAll(first, second);
        Assert.Equal(0, gate.Count);
    }

    private static RunOrder Order(long id, int domain) => new(id, Sample.Id(domain), false, TimeSpan.FromSeconds(1));

    private static void End(FakeRunner.Handover handover, long id, int domain) =>
        handover.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(id, domain, HandoverOutcome.Done)));

    private Task RunAsync(RunOrder order) => _bed.Client.DoAsync(new WorkerRequest.Run([order]), CancellationToken.None);

    private async Task<HandoverReport> EndOf(RunOrder order)
    {
        var news = await _bed.Client.AnswerAsync<WorkerReply.News>(new WorkerRequest.Run([order]), CancellationToken.None);
        return Assert.IsType<HandoverProgress.Ended>(news.Told.Progress).Report;
    }
}
