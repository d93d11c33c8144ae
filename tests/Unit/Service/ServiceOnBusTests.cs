using System.Text;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using VirtHandover.Bus.Client;
using VirtHandover.Configuration;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Policy;
using VirtHandover.Queue;
using VirtHandover.Service;
using VirtHandover.Service.Logging;
using VirtHandover.Tests.Unit.Bus;
using VirtHandover.Tests.Unit.Queue;
using Sample = VirtHandover.Tests.Unit.Queue.Sample;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>The whole service on a real bus, over a real database; only the host's VMs are made up.</summary>
public sealed class ServiceOnBusTests : IClassFixture<PrivateBus>, IDisposable
{
    private readonly PrivateBus _bus;
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeDetector _detector = new() { Domains = [Sample.Domain(0), Sample.Domain(1, running: 2)] };
    private readonly FakeRunner _runner = new();
    private readonly FakeDefinitions _definitions = new();
    private ILogger _log = Logger.None;

    public ServiceOnBusTests(PrivateBus bus) => _bus = bus;

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Domains_are_there_when_the_name_is_and_an_approval_leads_to_the_new_version()
    {
        await using var service = await StartAsync();
        var view = await service.Client.ReadAsync(CancellationToken.None);
        Assert.Equal([("vm-0", "pending", "1.0.0", "2.0.0"), ("vm-1", "current", "2.0.0", "2.0.0")],
            view.Domains.Select(one => (one.Name, one.State, one.RunningVersion, one.InstalledVersion)));
        Assert.Equal(("ask", "", "shared"), (view.Mode, view.Alarm, view.Domains[0].Method));
        Assert.NotNull(view.LastScan);

        await service.Client.ApproveAsync(Sample.Id(0), maxPause: null, CancellationToken.None);
        var handover = await _runner.StartedAsync();
        handover.Tell.TryWrite(new HandoverProgress.Entered(HandoverPhase.Prepare, DateTimeOffset.UnixEpoch));
        await service.UntilAsync(one => one.Domains[0] is { State: "running", Phase: "prepare", ApprovedBy: "root (uid 0)" });
        _detector.Domains = [Sample.Domain(0, running: 2, pid: 900), Sample.Domain(1, running: 2)];
        handover.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handover.Request.Id, 0, HandoverOutcome.Done)));
        await service.UntilAsync(one => one.Domains[0] is { State: "done", RunningVersion: "2.0.0", LastPauseMicroseconds: 22_000 });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pause_that_is_allowed_with_an_approval_or_a_run_reaches_that_handover()
    {
        await using var service = await StartAsync();
        await service.Client.ApproveAsync(Sample.Id(0), TimeSpan.FromSeconds(3), CancellationToken.None);
        var approved = await _runner.StartedAsync();
        Assert.Equal(TimeSpan.FromSeconds(3), approved.Request.MaxPause);
        approved.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(approved.Request.Id, 0, HandoverOutcome.Undone)));
        await service.UntilAsync(one => one.Domains[0].State == "failed");
        var run = service.Client.RunAsync(Sample.Id(1), rehearse: false, TimeSpan.FromSeconds(4), CancellationToken.None);
        var asked = await _runner.StartedAsync();
        Assert.Equal(TimeSpan.FromSeconds(4), asked.Request.MaxPause);
        asked.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(asked.Request.Id, 1, HandoverOutcome.Done)));
        await run;
        var refused = await Refused(() => service.Client.ApproveAsync(Sample.Id(0), TimeSpan.FromMicroseconds(5), CancellationToken.None));
        Assert.Contains("A pause budget of 5 µs is not possible", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Whoever_was_told_that_a_call_succeeded_reads_what_it_brought_about()
    {
        await using var service = await StartAsync();
        await service.Client.PauseQueueAsync("", CancellationToken.None);
        for (var round = 0; round < 50; round++)
        {
            await service.Client.ApproveAsync(Sample.Id(0), maxPause: null, CancellationToken.None);
            Assert.Equal("approved", (await service.Client.ReadAsync(CancellationToken.None)).Domains[0].State);
            await service.Client.CancelAsync(Sample.Id(0), CancellationToken.None);
            Assert.Equal("pending", (await service.Client.ReadAsync(CancellationToken.None)).Domains[0].State);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_policy_is_stored_with_the_domain_shown_and_obeyed()
    {
        await using var service = await StartAsync();
        await service.UntilAsync(one => one.Domains[0] is { PolicyMode: "ask", PolicySource: "default", PolicyMaxPauseMicroseconds: 500_000, PolicyWindow: "", PolicyOwn: [] });
        await service.Client.SetPolicyAsync(
            Sample.Id(0), new PolicyChange { Mode = "never", Window = "Sun 02:00-04:00", MaxPauseMicroseconds = 30_000, Priority = 7 }, CancellationToken.None);
        await service.UntilAsync(one => one.Domains[0] is
        {
            PolicyMode: "never", PolicySource: "domain", PolicyMaxPauseMicroseconds: 30_000, PolicyWindow: "Sun 02:00-04:00", PolicyPriority: 7, PolicyOwn: ["mode", "window", "max_pause", "priority"],
        });
        Assert.Contains("never", _definitions.Metadata[Sample.Id(0)], StringComparison.Ordinal);

        var refused = await Refused(() => service.Client.ApproveAsync(Sample.Id(0), maxPause: null, CancellationToken.None));
        Assert.Equal(ServiceFault.WrongState, refused.Fault);
        Assert.Contains("its policy is \"never\"", refused.Message, StringComparison.Ordinal);

        await service.Client.SetPolicyAsync(Sample.Id(0), new PolicyChange { Mode = "auto", Window = "" }, CancellationToken.None);
        var handover = await _runner.StartedAsync();
        Assert.Equal(TimeSpan.FromMilliseconds(30), handover.Request.MaxPause);
        await service.UntilAsync(one => one.Domains[0] is { State: "running", ApprovedBy: "policy auto" });
        refused = await Refused(() => service.Client.SetPolicyAsync(Sample.Id(0), new PolicyChange { Mode = "" }, CancellationToken.None));
        Assert.Equal(ServiceFault.WrongState, refused.Fault);
        handover.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handover.Request.Id, 0, HandoverOutcome.Undone)));
        await service.UntilAsync(one => one.Domains[0].State == "failed" && one.QueueState == "paused" && one.QueueReason.Contains("vm-0", StringComparison.Ordinal));
        await service.Client.ResumeQueueAsync(CancellationToken.None);
        await service.UntilAsync(one => one is { QueueState: "running", QueueReason: "" });
    }

    [Fact(Timeout = 60_000)]
    public async Task What_somebody_writes_into_the_metadata_cannot_loosen_what_applies_and_what_an_administrator_sets_can()
    {
        await using var service = await StartAsync();
        _definitions.Metadata[Sample.Id(0)] = "<policy mode='auto' max-pause-us='9000000'/>";
        await service.Client.RescanAsync(CancellationToken.None);
        await service.UntilAsync(one => one.Domains[0] is { PolicyMode: "ask", PolicyMaxPauseMicroseconds: 500_000, PolicySource: "domain", PolicyOwn: [], State: "pending" }
            && one.Domains[0].PolicyRefusal.StartsWith("Its metadata asks for auto, pause up to 9000 ms, and gets no more", StringComparison.Ordinal));

        // What he does not name stays refused: it is not he who wrote it.
        await service.Client.SetPolicyAsync(Sample.Id(0), new PolicyChange { MaxPauseMicroseconds = 9_000_000 }, CancellationToken.None);
        await service.UntilAsync(one => one.Domains[0] is { PolicyMode: "ask", PolicyMaxPauseMicroseconds: 9_000_000, PolicyOwn: ["max_pause"] }
            && one.Domains[0].PolicyRefusal.StartsWith("Its metadata asks for auto, and", StringComparison.Ordinal));

        // Another value is another wish.
        _definitions.Metadata[Sample.Id(0)] = "<policy max-pause-us='9000001'/>";
        await service.Client.RescanAsync(CancellationToken.None);
        await service.UntilAsync(one => one.Domains[0] is { PolicyMaxPauseMicroseconds: 500_000, PolicyOwn: [] });
    }

    [Theory(Timeout = 60_000)]
    [InlineData("sometimes", null, null, null, "\"sometimes\" is no policy mode; it is auto, ask or never.")]
    [InlineData(null, "Sun 2-4", null, null, "\"2\" is no time of day from 00:00 to 24:00")]
    [InlineData(null, null, 30L, null, "30 µs is not possible; it is from 1000 µs (1 ms)")]
    [InlineData(null, null, null, 5000, "A priority of 5000 is not possible; it is from -1000 to 1000")]
    public async Task A_wrong_policy_is_refused_with_what_is_right(string? mode, string? window, long? pause, int? priority, string sentence)
    {
        await using var service = await StartAsync();
        var change = new PolicyChange { Mode = mode, Window = window, MaxPauseMicroseconds = pause, Priority = priority };
        var refused = await Refused(() => service.Client.SetPolicyAsync(Sample.Id(0), change, CancellationToken.None));
        Assert.Equal(ServiceFault.InvalidArgument, refused.Fault);
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.Empty(_definitions.Metadata);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_name_of_any_characters_breaks_neither_an_object_path_nor_a_log_line()
    {
        var name = "\e[2J\n<0>forged \u202e" + new string('ü', 200);
        var output = new MemoryStream();
        _log = ServiceLog.Create(new LineSink(output, hasPriority: true), LogEventLevel.Debug);
        var seen = Sample.Domain(0);
        _detector.Domains = [seen with { Domain = seen.Domain with { Name = name } }];
        await using (var service = await StartAsync())
        {
            Assert.Equal(name, (await service.Client.ReadAsync(CancellationToken.None)).Domains[0].Name);
            await service.Client.DeferAsync(Sample.Id(0), DateTimeOffset.UnixEpoch.AddDays(40_000), name, CancellationToken.None);
            await service.Client.UndeferAsync(Sample.Id(0), CancellationToken.None);
            await service.Client.ApproveAsync(Sample.Id(0), maxPause: null, CancellationToken.None);
            var handover = await _runner.StartedAsync();
            handover.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handover.Request.Id, 0, HandoverOutcome.Undone) with { Name = name }));
            await service.UntilAsync(one => one.QueueState == "paused" && one.QueueReason.Contains("\\u001B[2J\\u000A<0>forged \\u202Eü", StringComparison.Ordinal));
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // One line for one thing, whoever has had a part in it.
        string[] once =
            ["An update was noticed: ", "A VM waits for approval: ", "root (uid 0) approved domain ", " starts.", " ended, undone", "The queue was paused because "];
        foreach (var said in once)
            Assert.Single(lines, line => line.Contains(said, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("forged", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.Matches(@"^<[2-7]>\P{C}+$", line));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_queue_outlives_the_service()
    {
        var until = DateTimeOffset.UnixEpoch.AddDays(40_000);
        await using (var service = await StartAsync())
        {
            await service.Client.DeferAsync(Sample.Id(0), until, "", CancellationToken.None);
        }

        await using var again = await StartAsync();
        var domain = (await again.Client.ReadAsync(CancellationToken.None)).Domains[0];
        Assert.Equal(("deferred", until), (domain.State, domain.DeferredUntil));
        await again.Client.ApproveAsync(Sample.Id(0), maxPause: null, CancellationToken.None);
        await _runner.StartedAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_rehearsal_is_reported_to_who_asked_for_it_and_stands_in_the_history()
    {
        await using var service = await StartAsync();
        var run = service.Client.RunAsync(Sample.Id(1), rehearse: true, maxPause: null, CancellationToken.None);
        var handover = await _runner.StartedAsync();
        Assert.True(handover.Request.Rehearse);
        handover.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(handover.Request.Id, 1, HandoverOutcome.Rehearsed)));
        Assert.Equal(HandoverOutcome.Rehearsed, (await run).Outcome);
        Assert.Equal(handover.Request.Id, Assert.Single(await service.Client.HistoryAsync(new HistoryQuery(null, 10), CancellationToken.None)).Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task Refusals_come_as_their_kind()
    {
        await using var service = await StartAsync();
        Assert.Equal(ServiceFault.WrongState, (await Refused(() => service.Client.ApproveAsync(Sample.Id(1), maxPause: null, CancellationToken.None))).Fault);
        Assert.Equal(ServiceFault.UnknownDomain, (await Refused(() => service.Client.ApproveAsync(Sample.Id(9), maxPause: null, CancellationToken.None))).Fault);
        var past = await Refused(() => service.Client.DeferAsync(Sample.Id(0), DateTimeOffset.UnixEpoch.AddDays(1), "", CancellationToken.None));
        Assert.Equal((ServiceFault.WrongState, "vm-0 was not deferred: the time to defer it to has already passed."), (past.Fault, past.Message));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reported_update_leads_to_a_scan()
    {
        await using var service = await StartAsync();
        _detector.Domains = [Sample.Domain(0), Sample.Domain(1, running: 2, installed: 3)];
        await service.Client.NotifyUpdateAsync("rpm", ["/usr/libexec/qemu-kvm"], CancellationToken.None);
        await service.UntilAsync(one => one.Domains[1] is { State: "pending", InstalledVersion: "3.0.0" });
    }

    [Fact(Timeout = 60_000)]
    public async Task A_second_service_is_refused_and_changes_nothing()
    {
        await using var service = await StartAsync();
        var thrown = await Assert.ThrowsAsync<ServiceException>(
            () => Service("other").RunAsync(CancellationToken.None));
        Assert.Equal(ServiceFault.Failed, thrown.Fault);
    }

    private static Task<ServiceException> Refused(Func<Task> call) => Assert.ThrowsAsync<ServiceException>(call);

    private HandoverService Service(string state)
    {
        var parts = new QueueParts(
            new QueueOptions { SettleTime = TimeSpan.Zero }, _detector, _runner, new FakeRecovery(), new FakeTransaction(),
            FakeDetector.Identify, TimeProvider.System, _log)
        {
            Definitions = _definitions,
            Hold = new HoldProbe(new QueueOptions()),
        };
        var paths = new ServicePaths("/nowhere", Path.Combine(_directory.Path, state), _directory.Path);
        return new HandoverService(paths, parts, left: null, _bus.Address, "1.2.3");
    }

    private async Task<Running> StartAsync()
    {
        var running = new Running(Service("state"), _bus.Address);
        await running.UntilAsync(_ => true);
        return running;
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task<int> _work;

        public Running(HandoverService service, string address)
        {
            _work = Task.Run(() => service.RunAsync(_stop.Token));
            Client = new HandoverServiceClient(address);
        }

        public HandoverServiceClient Client { get; }

        public async Task UntilAsync(Func<HostView, bool> condition)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (true)
            {
                try
                {
                    if (condition(await Client.ReadAsync(limit.Token)))
                    {
                        return;
                    }
                }
                catch (ServiceException) when (!_work.IsCompleted)
                {
                    // Not on the bus yet.
                }

                Assert.False(_work.IsFaulted, _work.Exception?.ToString());
                await Task.Delay(20, limit.Token);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            Assert.Equal(ExitCode.Ok, await _work);
            await Client.DisposeAsync();
            _stop.Dispose();
        }
    }
}
