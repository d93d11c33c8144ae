using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>Handovers that run together, from the canary before them to what the queue makes of their end.</summary>
public sealed class ExecutorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string File => Path.Combine(_directory.Path, "virt-handover.db");

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task What_goes_together_has_one_canary_and_one_outage_and_is_cancelled_one_by_one()
    {
        var canary = new FakeCanary { Verdict = new CanaryVerdict.Passed("") };
        var detector = new FakeDetector { Domains = [Sample.Domain(0), Sample.Domain(1), Sample.Domain(2)] };
        await using var loops = new Loops(File, PolicyMode.Auto, detector, options: new QueueOptions { Together = 3 }, canary: canary);
        var handovers = new[] { await loops.Runner.StartedAsync(), await loops.Runner.StartedAsync(), await loops.Runner.StartedAsync() };
        Assert.Equal((1, 3, 1), (loops.Runner.MostRunning, loops.Runner.MostTogether, canary.Sent));
        handovers[0].Tell.TryWrite(new HandoverProgress.Entered(HandoverPhase.Perform, DateTimeOffset.UnixEpoch));
        await loops.UntilAsync(() => loops.Of(0)?.State is UpgradeState.Running { Phase: HandoverPhase.Perform } && loops.Of(1)?.State is UpgradeState.Running { Phase: HandoverPhase.Begin });
        loops.Queue.Cancel(Sample.Id(1), "root");
        await loops.UntilAsync(() => handovers[1].Cancel.IsCancellationRequested);
        Assert.False(handovers[0].Cancel.IsCancellationRequested || handovers[2].Cancel.IsCancellationRequested);

        detector.Domains = [Sample.Domain(0, running: 2, pid: 900), Sample.Domain(1), Sample.Domain(2, running: 2, pid: 900)];
        foreach (var (n, outcome) in new[] { (1, HandoverOutcome.Cancelled), (0, HandoverOutcome.Done), (2, HandoverOutcome.Done) })
            handovers[n].Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handovers[n].Request.Id, n, outcome)));
        await loops.UntilAsync(() => loops.WordOf(0) == "done" && loops.WordOf(1) == "pending" && loops.WordOf(2) == "done");
    }

    [Fact(Timeout = 60_000)]
    public async Task An_approval_holds_when_the_worker_ends_before_its_handover_has_begun()
    {
        await using var loops = new Loops(File, detector: new FakeDetector { Domains = [Sample.Domain(0)] });
        await loops.UntilAsync(() => loops.WordOf(0) == "pending");
        loops.Runner.Fault = new WorkerException("The worker has ended.") { IsAway = true };
        loops.Queue.Approve(Sample.Id(0), "root");
        var handover = await loops.Runner.StartedAsync();
        Assert.Equal(HandoverOutcome.Postponed, Assert.Single(loops.Ended).Outcome);
        handover.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handover.Request.Id, 0, HandoverOutcome.Done)));
        await loops.UntilAsync(() => loops.Ended.Count == 2);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_keeper_that_is_gone_leaves_each_of_its_handovers_to_recovery()
    {
        var recovery = new FakeRecovery { Answer = id => Sample.Report(id, id == 2 ? 1 : 2, id == 2 ? HandoverOutcome.Done : HandoverOutcome.Undone) };
        var detector = new FakeDetector { Domains = [Sample.Domain(0), Sample.Domain(1), Sample.Domain(2)] };
        await using var loops = new Loops(File, PolicyMode.Auto, detector, recovery, new QueueOptions { Together = 3 });
        var handovers = new[] { await loops.Runner.StartedAsync(), await loops.Runner.StartedAsync(), await loops.Runner.StartedAsync() };
        detector.Domains = [Sample.Domain(0, running: 2, pid: 900), Sample.Domain(1, running: 2, pid: 900), Sample.Domain(2)];
        handovers[0].Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handovers[0].Request.Id, 0, HandoverOutcome.Done)));
        handovers[2].Tell.TryComplete(new IOException("The keeper is gone"));
        handovers[1].Tell.TryComplete();
        await loops.UntilAsync(() => loops.WordOf(0) == "done" && loops.WordOf(1) == "done" && loops.WordOf(2) == "failed");
        Assert.Equal([2L, 3], recovery.Asked.Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_canary_that_dies_pauses_the_queue_and_leaves_the_approval()
    {
        var canary = new FakeCanary { Verdict = new CanaryVerdict.Died("The canary fell.") };
        await using var loops = new Loops(File, PolicyMode.Auto, new FakeDetector { Domains = [Sample.Domain(0), Sample.Domain(1)] }, canary: canary);
        await loops.UntilAsync(() => loops.Queue.Snapshot().QueueState == "paused" && loops.WordOf(0) == "approved" && loops.WordOf(1) == "approved");
        Assert.False(loops.Runner.HasStarted);
        Assert.Equal(1, canary.Sent);
        Assert.Contains("The canary fell. The queue was paused.", loops.Queue.Snapshot().QueueReason, StringComparison.Ordinal);
        HandoverReport report = Assert.Single(loops.Ended);
        Assert.Equal(HandoverOutcome.Cancelled, report.Outcome);
        Assert.Contains("untouched. The canary fell.", report.Sentence, StringComparison.Ordinal);

        canary.Verdict = new CanaryVerdict.Passed("");
        loops.Queue.Resume();
        await loops.Runner.StartedAsync();
        Assert.Equal(2, canary.Sent);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_canary_that_libvirt_left_alone_puts_the_handovers_off_and_stops_no_queue()
    {
        var canary = new FakeCanary { Verdict = new CanaryVerdict.Postponed("libvirt is away.") };
        await using var loops = new Loops(File, PolicyMode.Auto, new FakeDetector { Domains = [Sample.Domain(0)] }, canary: canary);
        await loops.UntilAsync(() => loops.Ended.Count > 0);
        Assert.All(loops.Ended, report => Assert.Equal(HandoverOutcome.Postponed, report.Outcome));
        Assert.NotEqual("paused", loops.Queue.Snapshot().QueueState);
        canary.Verdict = new CanaryVerdict.Passed("");
        // It has been put off several times by now, and would wait for a while; and once more if an approval comes before the last canary's end was noted.
        await loops.UntilAsync(() =>
        {
            try
            {
                if (!loops.Runner.HasStarted)
                    loops.Queue.Approve(Sample.Id(0), "root");
            }
            catch (QueueException)
            {
                // Its turn has come in this moment.
            }

            return loops.Runner.HasStarted;
        });
        Assert.False((await loops.Runner.StartedAsync()).Request.Rehearse);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_canary_that_could_not_be_sent_stops_nothing_and_a_rehearsal_needs_none()
    {
        var canary = new FakeCanary { Verdict = new CanaryVerdict.NotSent("No room.") };
        await using var loops = new Loops(File, detector: new FakeDetector { Domains = [Sample.Domain(0)] }, canary: canary);
        await loops.UntilAsync(() => loops.WordOf(0) == "pending");
        loops.Queue.Run(Sample.Id(0), rehearse: true, "root");
        var rehearsal = await loops.Runner.StartedAsync();
        Assert.Equal((0, 1), (canary.Sent, canary.Cleared));
        rehearsal.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(rehearsal.Request.Id, 0, HandoverOutcome.Rehearsed)));
        await loops.UntilAsync(() => loops.WordOf(0) == "pending");
        loops.Queue.Approve(Sample.Id(0), "root");
        Assert.False((await loops.Runner.StartedAsync()).Request.Rehearse);
        Assert.Equal(1, canary.Sent);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_runner_that_breaks_off_leaves_a_failed_one_that_is_not_tried_again()
    {
        await using var loops = new Loops(File, PolicyMode.Auto, new FakeDetector { Domains = [Sample.Domain(0), Sample.Domain(1)] });
        (await loops.Runner.StartedAsync()).Tell.TryComplete(new IOException("The keeper is gone"));
        Assert.Equal(Sample.Id(1), (await loops.Runner.StartedAsync()).Request.Domain);
        var failed = Assert.IsType<UpgradeState.Failed>(loops.Of(0)?.State);
        Assert.Equal(HandoverOutcome.Lost, failed.Report.Outcome);
        Assert.Contains("The keeper is gone", failed.Sentence, StringComparison.Ordinal);
    }
}
