using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Server;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>The client and the server over a real bus.</summary>
public sealed class ClientTests(PrivateBus bus) : IClassFixture<PrivateBus>, IAsyncLifetime
{
    private readonly FakeRequests _requests = new();
    private HandoverServer _server = null!;
    private HandoverServiceClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await HandoverServer.StartAsync(
            bus.Address, _requests, Sample.Host(Sample.Domain(Sample.Web, "web"), Sample.Domain(Sample.Db, "db")), CancellationToken.None);
        _client = new HandoverServiceClient(bus.Address);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact(Timeout = 30_000)]
    public async Task It_reads_what_the_server_shows_sorted_by_name()
    {
        var full = Sample.Domain(Sample.Web, "web\u001b[31m") with
        {
            State = "deferred",
            RunningPackage = "qemu-kvm-7",
            InstalledPackage = "qemu-kvm-10",
            OutdatedReasons = ["The file is another one.", "A library too."],
            Method = "copy",
            MethodReason = "Its memory is private.",
            Findings = [new("PTY", FindingSeverity.Note, "It moves."), new("VFIO", FindingSeverity.Blocker, "No.")],
            DeferredUntil = DateTimeOffset.UnixEpoch.AddDays(21_000).AddMicroseconds(5),
            ApprovedBy = "root (uid 0)",
            Phase = "prepare",
            Progress = 0.25,
            LastPauseMicroseconds = 21_000,
            DeferReason = "Month-end run.",
            PolicyMode = "auto",
            PolicyWindow = "Sun 02:00-04:00",
            PolicyMaxPauseMicroseconds = 30_000,
            PolicyPriority = -3,
            PolicySource = "domain",
            PolicyOwn = ["mode", "priority"],
            WaitReason = "Its window opens on Sunday.",
            NextWindow = DateTimeOffset.UnixEpoch.AddDays(21_001),
            AssessedAt = DateTimeOffset.UnixEpoch.AddDays(20_999),
            PhaseTimes = [new(HandoverPhase.Begin, 12), new(HandoverPhase.Prepare, 34)],
            PhaseSince = DateTimeOffset.UnixEpoch.AddDays(20_998),
            LastTotalMicroseconds = 300_000,
            LastOutageMicroseconds = 200_000,
            LastSentence = "It was fine.",
        };
        var shown = Sample.Host(full, Sample.Domain(Sample.Db, "db")) with { Alarm = "The new QEMU is missing.", LastScan = null, QueueState = "held", QueueReason = "The fleet is held.", PauseBudgetMicroseconds = 500_000 };
        await _server.PublishAsync(shown);

        var read = await _client.ReadAsync(CancellationToken.None);

        Assert.Equal(["db", "web\u001b[31m"], read.Domains.Select(domain => domain.Name));
        Assert.Equivalent(full, read.Domains[1], strict: true);
        Assert.Equivalent(shown with { Domains = [] }, read with { Domains = [] }, strict: true);
    }

    [Fact(Timeout = 30_000)]
    public async Task It_follows_domains_that_change_come_and_go_and_ends_with_the_service()
    {
        var web = Sample.Domain(Sample.Web, "web");
        await using var states = _client.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await states.MoveNextAsync());
        Assert.Equal(2, states.Current.Domains.Count);

        await _server.PublishAsync(Sample.Host(web with { State = "running", Progress = 0.5 }, Sample.Domain(Sample.Db, "db")));
        await Until(states, view => view.Domains.Any(domain => domain is { State: "running", Progress: 0.5 }));

        var third = Guid.NewGuid();
        await _server.PublishAsync(Sample.Host(web with { State = "done" }, Sample.Domain(third, "third")) with { Alarm = "Look." });
        await Until(states, view =>
            view.Alarm == "Look." && view.Domains.Select(domain => (domain.Name, domain.State)).SequenceEqual([("third", "pending"), ("web", "done")]));

        await _server.DisposeAsync();
        while (await states.MoveNextAsync())
        {
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Nothing_is_sent_for_a_state_that_is_the_same()
    {
        await using var listener = await bus.ConnectAsync();
        var signals = System.Threading.Channels.Channel.CreateUnbounded<BusMessage>();
        await using var match = await listener.MatchAsync(
            new SignalRule("org.virthandover.Handover1"), signal => signals.Writer.TryWrite(signal));

        await _server.PublishAsync(Sample.Host(Sample.Domain(Sample.Web, "web"), Sample.Domain(Sample.Db, "db")));
        await _server.PublishAsync(Sample.Host(Sample.Domain(Sample.Web, "web"), Sample.Domain(Sample.Db, "db", "approved")));

        var only = await signals.Reader.ReadAsync();
        Assert.EndsWith("444444444444", only.Path, StringComparison.Ordinal);
        Assert.Equal(["State"], only.Body[1].AsOptions().Keys);
        Assert.False(signals.Reader.TryRead(out _));
    }

    [Fact(Timeout = 30_000)]
    public async Task Every_request_arrives_with_its_caller()
    {
        var uid = (await CurrentUser()).UserId;
        var until = DateTimeOffset.UnixEpoch.AddDays(21_000);
        Assert.True(uid == 0, "Only root may change anything; these tests run as root in CI.");
        await _client.ApproveAsync(Sample.Web, maxPause: null, CancellationToken.None);
        await _client.DeferAsync(Sample.Web, until, "month-end", CancellationToken.None);
        await _client.UndeferAsync(Sample.Web, CancellationToken.None);
        await _client.SetPolicyAsync(Sample.Web, new PolicyChange { Mode = "never", MaxPauseMicroseconds = 0 }, CancellationToken.None);
        await _client.SetPolicyAsync(Sample.Web, new PolicyChange { Window = "Sun 02:00-04:00", Priority = -5 }, CancellationToken.None);
        Assert.Equal("It is ready at its next start.", await _client.PrepareAsync(Sample.Web, CancellationToken.None));
        await _client.PauseQueueAsync("disk", CancellationToken.None);
        await _client.ResumeQueueAsync(CancellationToken.None);
        await _client.AssessAllAsync(CancellationToken.None);
        await _client.CancelAsync(Sample.Web, CancellationToken.None);
        await _client.RetryAsync(Sample.Db, CancellationToken.None);
        await _client.RescanAsync(CancellationToken.None);
        await _client.NotifyUpdateAsync("rpm", ["/usr/libexec/qemu-kvm"], CancellationToken.None);
        Assert.Equal(
            [
                $"approve {Sample.Web} by 0",
                $"defer {Sample.Web} until {until:O} because \"month-end\" by 0",
                $"undefer {Sample.Web} by 0",
                $"policy {Sample.Web} never||0| by 0",
                $"policy {Sample.Web} |Sun 02:00-04:00||-5 by 0",
                $"prepare {Sample.Web} by 0",
                "pause because \"disk\" by 0",
                "resume by 0",
                "assess by 0",
                $"cancel {Sample.Web} by 0",
                $"retry {Sample.Db} by 0",
                "rescan",
                "notify rpm /usr/libexec/qemu-kvm",
            ],
            _requests.Asked);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(ServiceFault.UnknownDomain)]
    [InlineData(ServiceFault.WrongState)]
    [InlineData(ServiceFault.InvalidArgument)]
    [InlineData(ServiceFault.LibvirtUnavailable)]
    [InlineData(ServiceFault.Failed)]
    [InlineData(ServiceFault.NotAuthorized)]
    public async Task A_refusal_arrives_as_what_it_is(ServiceFault fault)
    {
        _requests.Refusal = new ServiceException(fault, "A sentence of the service.");
        var error = await Assert.ThrowsAsync<ServiceException>(() => _client.ApproveAsync(Sample.Web, maxPause: null, CancellationToken.None));
        Assert.Equal(fault, error.Fault);
        Assert.Contains("A sentence of the service.", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_fault_of_the_service_is_a_sentence_too()
    {
        _requests.Refusal = new InvalidOperationException("Sequence contains no elements");
        var error = await Assert.ThrowsAsync<ServiceException>(() => _client.RescanAsync(CancellationToken.None));
        Assert.Equal(ServiceFault.Failed, error.Fault);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_domain_without_an_object_is_unknown()
    {
        var error = await Assert.ThrowsAsync<ServiceException>(() => _client.ApproveAsync(Guid.NewGuid(), maxPause: null, CancellationToken.None));
        Assert.Equal(ServiceFault.UnknownDomain, error.Fault);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_misspelled_option_is_refused_and_nothing_runs()
    {
        await using var raw = await bus.ConnectAsync();
        var options = BusValue.Options(new Dictionary<string, BusValue> { ["rehearsal"] = true });
        var path = new BusValue.ObjectPath($"/org/virthandover/Handover1/domain/{Sample.Web:D}".Replace('-', '_'));
        var error = await Assert.ThrowsAsync<BusException>(() => raw.CallAsync(
            new BusRequest("org.virthandover.Handover1", "/org/virthandover/Handover1", "org.virthandover.Handover1.Manager", "Run", path, options),
            CancellationToken.None));
        Assert.Equal(ServiceErrors.Prefix + "InvalidArgument", error.Name);
        Assert.Equal("Run has no option \"rehearsal\"; its options are rehearse, max_pause.", error.Message);
        Assert.Empty(_requests.Asked);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("Defer", 1_790_000_000_000_000_000UL, null, "1790000000000000000 is no time to defer to: it is given in microseconds since 1970")]
    [InlineData("Defer", 1_790_000_000UL, null, "1790000000 is no time to defer to: it is given in microseconds since 1970, for example 1798761600000000")]
    [InlineData("Defer", 1_790_000_000_000_000UL, "reason", "The option \"reason\" is not right: A D-Bus value has the type \"u\", but \"s\" was expected.")]
    [InlineData("Approve", null, "now", "Approve has no option \"now\"; its options are max_pause.")]
    [InlineData("SetPolicy", null, "window", "The option \"window\" is not right")]
    [InlineData("SetPolicy", null, "max_pause", "The option \"max_pause\" is not right")]
    [InlineData("SetPolicy", null, "priority", "The option \"priority\" is not right")]
    [InlineData("SetPolicy", null, "pause", "SetPolicy has no option \"pause\"; its options are mode, window, max_pause, priority.")]
    public async Task A_wrong_argument_is_answered_with_what_was_wrong_and_what_is_right(string member, ulong? until, string? option, string sentence)
    {
        await using var raw = await bus.ConnectAsync();
        var options = option is null ? BusValue.NoOptions() : BusValue.Options(new Dictionary<string, BusValue> { [option] = 7u });
        BusValue[] arguments = until is { } moment ? [moment, options] : [options];
        var path = $"/org/virthandover/Handover1/domain/{Sample.Web:D}".Replace('-', '_');
        var error = await Assert.ThrowsAsync<BusException>(() => raw.CallAsync(
            new BusRequest("org.virthandover.Handover1", path, "org.virthandover.Handover1.Domain", member, arguments), CancellationToken.None));
        Assert.Equal(ServiceErrors.Prefix + "InvalidArgument", error.Name);
        Assert.StartsWith(sentence, error.Message, StringComparison.Ordinal);
        Assert.Empty(_requests.Asked);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_reason_of_any_length_is_answered_and_one_that_is_too_long_changes_nothing()
    {
        var most = new string('x', 500);
        await _client.DeferAsync(Sample.Web, DateTimeOffset.UnixEpoch.AddDays(40_000), most, CancellationToken.None);
        await _client.PauseQueueAsync(most, CancellationToken.None);
        var asked = _requests.Asked.Count;
        foreach (var call in new[]
        {
            () => _client.DeferAsync(Sample.Web, DateTimeOffset.UnixEpoch.AddDays(40_000), most + "x", CancellationToken.None),
            () => _client.PauseQueueAsync(most + "x", CancellationToken.None),
        })
        {
            var refused = await Assert.ThrowsAsync<ServiceException>(call);
            Assert.Equal(
                (ServiceFault.InvalidArgument, "The reason has 501 characters, and 500 are the most; nothing was changed. Say it more briefly, for example \"month-end run\"."),
                (refused.Fault, refused.Message));
        }

        Assert.Equal(asked, _requests.Asked.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_returns_its_own_report_even_when_it_ends_before_its_number_is_known()
    {
        _requests.Reports.AddRange([Sample.Report(9, Sample.Web), Sample.Report(7, Sample.Web), Sample.Report(3, Sample.Web)]);
        _requests.OnRun = async (id, domain, _) =>
        {
            await _server.EndedAsync(Sample.Report(id + 1, domain));
            await _server.EndedAsync(Sample.Report(id, domain));
        };
        var report = await _client.RunAsync(Sample.Web, rehearse: true, maxPause: null, CancellationToken.None);
        Assert.Equal(7, report.Id);
        Assert.Contains($"run {Sample.Web} True by 0", _requests.Asked);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_run_tells_when_the_service_goes_away()
    {
        var recorded = new TaskCompletionSource();
        _requests.OnRun = (_, _, _) =>
        {
            recorded.SetResult();
            return Task.CompletedTask;
        };
        var run = _client.RunAsync(Sample.Web, rehearse: false, maxPause: null, CancellationToken.None);
        await recorded.Task;
        await _server.DisposeAsync();
        var error = await Assert.ThrowsAsync<ServiceException>(() => run);
        Assert.Equal(ServiceFault.Unreachable, error.Fault);
    }

    [Fact(Timeout = 30_000)]
    public async Task The_history_is_asked_for_one_domain_or_all()
    {
        _requests.Reports.AddRange([Sample.Report(2, Sample.Web), Sample.Report(1, Sample.Db)]);
        Assert.Equal(2, Assert.Single(await _client.HistoryAsync(new HistoryQuery(Sample.Web, 5), CancellationToken.None)).Id);
        Assert.Equal(2, (await _client.HistoryAsync(new HistoryQuery(null, 5), CancellationToken.None)).Count);

        var (since, until) = (DateTimeOffset.UnixEpoch.AddDays(21_000), DateTimeOffset.UnixEpoch.AddDays(21_001));
        await _client.HistoryAsync(new HistoryQuery(null, 5) { Since = since, Until = until }, CancellationToken.None);
        Assert.Equal($"history  5 {since:O} {until:O}", _requests.Asked.Last());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_second_service_does_not_start()
    {
        var error = await Assert.ThrowsAsync<ServiceException>(() =>
            HandoverServer.StartAsync(bus.Address, _requests, Sample.Host(), CancellationToken.None));
        Assert.Equal(ServiceFault.Failed, error.Fault);
        Assert.Contains("already running", error.Message, StringComparison.Ordinal);
    }

    private static async Task Until(IAsyncEnumerator<HostView> states, Func<HostView, bool> reached)
    {
        do
        {
            Assert.True(await states.MoveNextAsync(), "The stream ended too early.");
        }
        while (!reached(states.Current));
    }

    private async Task<BusCaller> CurrentUser()
    {
        await using var connection = await bus.ConnectAsync();
        await connection.RequestNameAsync("org.example.Me", CancellationToken.None);
        return await connection.GetCallerAsync(await connection.GetNameOwnerAsync("org.example.Me", CancellationToken.None), CancellationToken.None);
    }
}
