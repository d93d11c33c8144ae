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
