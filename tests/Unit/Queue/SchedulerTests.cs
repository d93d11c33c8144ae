using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

public sealed class SchedulerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string File => Path.Combine(_directory.Path, "virt-handover.db");

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Mode_auto_hands_all_over_one_after_the_other()
    {
        await using var loops = new Loops(File, PolicyMode.Auto, new FakeDetector { Domains = [Sample.Domain(0), Sample.Domain(1), Sample.Domain(2)] });
        for (var n = 0; n < 3; n++)
        {
            var handover = await loops.Runner.StartedAsync();
            Assert.Equal(Sample.Id(n), handover.Request.Domain);
            handover.Tell.TryWrite(new HandoverProgress.Entered(HandoverPhase.Prepare, DateTimeOffset.UnixEpoch));
            await loops.UntilAsync(() => loops.Of(n)?.State is UpgradeState.Running { Phase: HandoverPhase.Prepare, By: "Mode=auto" });
            loops.Detector.Domains = [.. loops.Detector.Domains.Select((one, i) => i == n ? Sample.Domain(n, running: 2, pid: 900) : one)];
            handover.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handover.Request.Id, n, HandoverOutcome.Done)));
            await loops.UntilAsync(() => loops.WordOf(n) == "done");
        }

        Assert.Equal(1, loops.Runner.MostRunning);
        Assert.Equal([3L, 2, 1], loops.Queue.History(new HistoryQuery(null, 10)).Select(report => report.Id));
    }

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
    public async Task Mode_ask_waits_and_a_running_one_can_be_cancelled()
    {
        await using var loops = new Loops(File, detector: new FakeDetector { Domains = [Sample.Domain(0), Sample.Domain(1, running: 2)] });
        await loops.UntilAsync(() => loops.WordOf(0) == "pending" && loops.WordOf(1) == "current");
        Assert.False(loops.Runner.HasStarted);
        loops.Queue.Approve(Sample.Id(0), "root");
        var handover = await loops.Runner.StartedAsync();
        loops.Queue.Cancel(Sample.Id(0), "root");
        await loops.UntilAsync(() => handover.Cancel.IsCancellationRequested);
        handover.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handover.Request.Id, 0, HandoverOutcome.Cancelled)));
        await loops.UntilAsync(() => loops.Of(0)?.State is UpgradeState.Pending { HeldBy: "root" });
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
        // It has been put off several times by now, and would wait for a while.
        loops.Queue.Approve(Sample.Id(0), "root");
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
    public async Task Nothing_starts_while_a_package_is_being_installed()
    {
        await using var loops = new Loops(File);
        loops.Transaction.Running = true;
        loops.Detector.Domains = [Sample.Domain(0)];
        loops.Scanner.Ask();
        await loops.UntilAsync(() => loops.WordOf(0) == "pending");
        loops.Queue.Approve(Sample.Id(0), "root");
        var scans = loops.Detector.Scans;
        loops.Scanner.Ask();
        await loops.UntilAsync(() => loops.Detector.Scans > scans);
        Assert.False(loops.Runner.HasStarted);
        Assert.Equal("approved", loops.WordOf(0));
        loops.Transaction.Running = false;
        Assert.Equal(Sample.Id(0), (await loops.Runner.StartedAsync()).Request.Domain);
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_libvirt_there_is_an_alarm_and_nothing_starts_until_it_is_back()
    {
        await using var loops = new Loops(File, PolicyMode.Auto, new FakeDetector { Failure = new LibvirtException(38, "Failed to connect socket.") });
        await loops.UntilAsync(() => loops.Queue.Snapshot().Alarm.Contains("libvirt cannot be reached (Failed to connect socket)", StringComparison.Ordinal));
        loops.Detector.Domains = [Sample.Domain(0)];
        Assert.False(loops.Runner.HasStarted);
        loops.Detector.Failure = null;
        Assert.Equal(Sample.Id(0), (await loops.Runner.StartedAsync()).Request.Domain);
        Assert.Empty(loops.Queue.Snapshot().Alarm);
    }

    [Fact(Timeout = 60_000)]
    public async Task While_a_handover_keeps_libvirt_down_there_is_no_alarm_about_it()
    {
        await using var loops = new Loops(File, PolicyMode.Auto, new FakeDetector { Domains = [Sample.Domain(0)] });
        var handover = await loops.Runner.StartedAsync();
        handover.Tell.TryWrite(new HandoverProgress.Entered(HandoverPhase.Quiesce, DateTimeOffset.UnixEpoch));
        await loops.UntilAsync(() => loops.Queue.KeepsLibvirtDown);
        loops.Detector.Failure = new LibvirtException(38, "Failed to connect socket.");
        var scans = loops.Detector.Scans;
        loops.Scanner.Ask();
        handover.Tell.TryWrite(new HandoverProgress.Entered(HandoverPhase.Confirm, DateTimeOffset.UnixEpoch));
        await loops.UntilAsync(() => loops.Of(0)?.State is UpgradeState.Running { Phase: HandoverPhase.Confirm });
        Assert.Equal(scans, loops.Detector.Scans);
        Assert.Empty(loops.Queue.Snapshot().Alarm);
        loops.Detector.Failure = null;
        loops.Detector.Domains = [Sample.Domain(0, running: 2, pid: 900)];
        handover.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handover.Request.Id, 0, HandoverOutcome.Done)));
        await loops.UntilAsync(() => loops.WordOf(0) == "done");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_blocked_one_is_assessed_again_only_when_somebody_retries_it()
    {
        await using var loops = new Loops(File, PolicyMode.Auto);
        loops.Runner.Assessment = Sample.Bad;
        loops.Detector.Domains = [Sample.Domain(0)];
        loops.Scanner.Ask();
        await loops.UntilAsync(() => loops.WordOf(0) == "blocked");
        loops.Runner.Assessment = Sample.Good;
        var scans = loops.Detector.Scans;
        loops.Scanner.Hint();
        await loops.UntilAsync(() => loops.Detector.Scans > scans);
        Assert.Equal("blocked", loops.WordOf(0));
        loops.Queue.Retry(Sample.Id(0));
        Assert.Equal(Sample.Id(0), (await loops.Runner.StartedAsync()).Request.Domain);
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

    [Fact(Timeout = 60_000)]
    public async Task What_ran_when_the_service_ended_is_recovered_before_anything_else_starts()
    {
        var detector = new FakeDetector { Domains = [Sample.Domain(0), Sample.Domain(1)] };
        long id;
        await using (var before = new Loops(File, PolicyMode.Auto, detector))
        {
            id = (await before.Runner.StartedAsync()).Request.Id;
        }

        var recovery = new FakeRecovery { Answer = asked => Sample.Report(asked, 0, HandoverOutcome.Done) };
        detector.Domains = [Sample.Domain(0, running: 2, pid: 900), Sample.Domain(1)];
        await using var after = new Loops(File, PolicyMode.Auto, detector, recovery);
        Assert.Equal(Sample.Id(1), (await after.Runner.StartedAsync()).Request.Domain);
        Assert.Equal("done", after.WordOf(0));
        Assert.Equal(
            (id, HandoverOutcome.Done),
            after.Queue.History(new HistoryQuery(Sample.Id(0), 1)).Select(report => (report.Id, report.Outcome)).Single());
    }

    [Fact(Timeout = 60_000)]
    public async Task What_only_a_journal_remembers_is_ended_before_anything_starts()
    {
        var recovery = new FakeRecovery { Orphans = { 41, 42 }, Answer = asked => Sample.Report(asked, 0, HandoverOutcome.Undone) };
        await using var loops = new Loops(File, PolicyMode.Auto, new FakeDetector { Domains = [Sample.Domain(0)] }, recovery);
        await loops.Runner.StartedAsync();
        Assert.Equal([41, 42], recovery.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_handover_that_had_not_begun_when_the_service_ended_starts_again()
    {
        var detector = new FakeDetector { Domains = [Sample.Domain(0)] };
        long id;
        await using (var before = new Loops(File, PolicyMode.Auto, detector))
        {
            id = (await before.Runner.StartedAsync()).Request.Id;
        }

        await using var after = new Loops(File, PolicyMode.Auto, detector, new FakeRecovery());
        HandoverRequest again = (await after.Runner.StartedAsync()).Request;
        Assert.Equal(Sample.Id(0), again.Domain);
        Assert.NotEqual(id, again.Id);
        HandoverReport report = Assert.Single(after.Queue.History(new HistoryQuery(Sample.Id(0), 10)));
        Assert.Equal((id, HandoverOutcome.Cancelled), (report.Id, report.Outcome));
        Assert.Contains("the VM was not touched", report.Sentence, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_replaced_emulator_file_is_noticed_without_any_package_manager()
    {
        using var emulators = new TemporaryDirectory();
        var path = Path.Combine(emulators.Path, "qemu-kvm");
        await System.IO.File.WriteAllTextAsync(path, "old");
        var noticed = new TaskCompletionSource();
        using var watcher = new EmulatorWatcher(() => noticed.TrySetResult());
        watcher.Watch(new HashSet<string> { path, "/nowhere/qemu-kvm" });
        await System.IO.File.WriteAllTextAsync(Path.Combine(emulators.Path, "other"), "other");
        await System.IO.File.WriteAllTextAsync(path + ";6543", "new");
        Assert.False(noticed.Task.IsCompleted);
        System.IO.File.Move(path + ";6543", path, overwrite: true);
        await noticed.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact(Timeout = 30_000)]
    public async Task Every_VM_is_assessed_when_somebody_asks_for_it()
    {
        await using var loops = new Loops(File, detector: new FakeDetector { Domains = [Sample.Domain(0), Sample.Domain(1, running: 2)] });
        await loops.UntilAsync(() => loops.WordOf(0) == "pending" && loops.WordOf(1) == "current");
        Assert.Null(loops.Of(1)!.Assessment);
        loops.Scanner.AskAll();
        await loops.UntilAsync(() => loops.Of(1)!.Assessment is not null);
        Assert.Equal("current", loops.WordOf(1));
        Assert.NotNull(loops.Of(1)!.AssessedAt);
    }
}
