using System.Threading.Channels;
using CsCheck;
using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

public sealed class BusObjectTests(PrivateBus bus) : IClassFixture<PrivateBus>, IAsyncLifetime
{
    private readonly EchoService _service = new();
    private BusConnection _server = null!;
    private BusConnection _client = null!;
    private BusObject _object = null!;
    private string _owner = "";

    public async Task InitializeAsync()
    {
        _server = await bus.ConnectAsync();
        _client = await bus.ConnectAsync();
        await _server.AddObjectManagerAsync("/org/example");
        _object = await _server.ExportAsync(EchoService.Path, announce: true, (EchoService.Definition, _service));
        await _server.RequestNameAsync(EchoService.Name, CancellationToken.None);
        _owner = await _client.GetNameOwnerAsync(EchoService.Name, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_value_comes_back_as_it_was_sent() =>
        await BusValueGen.Any.SampleAsync(
            async value =>
            {
                var reply = await CallAsync("Echo", new BusValue.Variant(value));
                return reply[0].Equals(new BusValue.Variant(value));
            },
            iter: 500);

    [Fact(Timeout = 60_000)]
    public async Task Any_text_goes_through_and_arrives_sanitized() =>
        await BusValueGen.AnyText.SampleAsync(
            async text => (await CallAsync("Echo", new BusValue.Variant(text)))[0].AsText() == BusText.Sanitize(text), iter: 300);

    [Theory(Timeout = 30_000)]
    [InlineData("Throw", ServiceErrors.Prefix + "Failed", "Something of our own")]
    [InlineData("Refuse", BusErrorNames.AccessDenied, "Not you.")]
    [InlineData("WrongResult", ServiceErrors.Prefix + "InvalidArgument", "\"o\"")]
    [InlineData("Unknown", BusErrorNames.UnknownMethod, "")]
    public async Task A_failing_handler_answers_with_an_error(string member, string name, string text)
    {
        var error = await Assert.ThrowsAsync<BusException>(() => CallAsync(member));
        Assert.Equal(name, error.Name);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_fault_is_told_to_the_log_and_a_refusal_is_not()
    {
        var faults = Channel.CreateUnbounded<(string What, Exception Exception)>();
        _server.Faulted = (what, exception) => faults.Writer.TryWrite((what, exception));
        await Assert.ThrowsAsync<BusException>(() => CallAsync("Refuse"));
        await Assert.ThrowsAsync<BusException>(() => CallAsync("Throw"));
        Assert.True(faults.Reader.TryRead(out var fault));
        Assert.Contains("Throw", fault.What, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(fault.Exception);
        Assert.False(faults.Reader.TryRead(out _));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_flood_of_calls_does_not_keep_anyone_waiting()
    {
        var flood = Enumerable.Range(0, 100).Select(number => CallAsync("Echo", new BusValue.Variant(number))).ToArray();
        Assert.NotEmpty(await CallAsync("WhoAmI"));
        var replies = await Task.WhenAll(flood);
        Assert.Equal(Enumerable.Range(0, 100).Select(number => (BusValue)new BusValue.Variant(number)), replies.Select(reply => reply[0]));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_failing_getter_answers_with_an_error()
    {
        await _server.ExportAsync("/org/broken", announce: false, (EchoService.Broken, _service));
        var error = await Assert.ThrowsAsync<BusException>(() => _client.CallAsync(
            new BusRequest(EchoService.Name, "/org/broken", "org.freedesktop.DBus.Properties", "Get", EchoService.Name, "Broken"),
            CancellationToken.None));
        Assert.Equal(ServiceErrors.Prefix + "Failed", error.Name);
        Assert.Contains("Out of order.", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Wrong_argument_types_do_not_reach_the_handler()
    {
        var error = await Assert.ThrowsAsync<BusException>(() => CallAsync("Echo", "a plain string"));
        Assert.Equal(BusErrorNames.InvalidArgs, error.Name);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_handler_learns_its_caller() =>
        Assert.Equal(
            (await _server.GetCallerAsync(_owner, CancellationToken.None)).UserId, (await CallAsync("WhoAmI"))[0].AsUInt32());

    [Fact(Timeout = 30_000)]
    public async Task A_call_gives_up_at_its_timeout_and_on_request()
    {
        var never = new TaskCompletionSource<IReadOnlyList<BusValue>>();
        var hanging = EchoService.Hanging(new TaskCompletionSource(), never.Task);
        await _server.ExportAsync("/org/other", announce: false, (hanging, this));
        var request = new BusRequest(EchoService.Name, "/org/other", EchoService.Name, "Hang") { Timeout = TimeSpan.FromMilliseconds(50) };
        var error = await Assert.ThrowsAsync<BusException>(() => _client.CallAsync(request, CancellationToken.None));
        Assert.Equal(BusErrorNames.NoReply, error.Name);

        using var cancel = new CancellationTokenSource();
        var call = _client.CallAsync(request with { Timeout = Timeout.InfiniteTimeSpan }, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        never.SetResult([]);
        Assert.NotEmpty(await CallAsync("WhoAmI"));
    }

    // A stopped process, a machine under more load than it can carry: nothing runs for longer than the call may take.
    [Fact(Timeout = 60_000)]
    public async Task An_answer_that_is_there_counts_however_late_it_is_looked_at()
    {
        var reached = new TaskCompletionSource();
        var answer = new TaskCompletionSource<IReadOnlyList<BusValue>>();
        await _server.ExportAsync("/org/slow", announce: false, (EchoService.Hanging(reached, answer.Task), this));
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var never = new ManualResetEventSlim();
        await using var match = await _client.MatchAsync(new SignalRule(_owner) { Interface = EchoService.Name, Member = "Rang" }, rang =>
        {
            held.TrySetResult();
            _ = never.Wait(TimeSpan.FromSeconds(3));
        });
        var request = new BusRequest(EchoService.Name, "/org/slow", EchoService.Name, "Hang") { Timeout = TimeSpan.FromSeconds(1) };
        var call = _client.CallAsync(request, CancellationToken.None);
        await reached.Task;
        await _object.SignalAsync(EchoService.Name, "Rang", "bell", 1UL);
        await held.Task;
        answer.SetResult([]);
        Assert.Empty(await call);
    }

    [Fact(Timeout = 30_000)]
    public async Task Changes_and_signals_arrive_in_order()
    {
        var seen = Channel.CreateUnbounded<BusMessage>();
        await using var match = await _client.MatchAsync(
            new SignalRule(EchoService.Name) { Path = EchoService.Path }, message => seen.Writer.TryWrite(message));

        _service.Count = 1;
        await _object.ChangedAsync(EchoService.Name, ["Count"]);
        await _object.SignalAsync(EchoService.Name, "Rang", "text", 7UL);

        var changed = await seen.Reader.ReadAsync();
        Assert.Equal("PropertiesChanged", changed.Member);
        Assert.Equal(1u, changed.Body[1].AsOptions()["Count"].AsUInt32());
        var rang = await seen.Reader.ReadAsync();
        Assert.Equal("Rang", rang.Member);
        Assert.Equal([(BusValue)"text", 7UL], rang.Body);
    }

    [Fact(Timeout = 30_000)]
    public async Task Objects_come_and_go_in_front_of_the_object_manager()
    {
        var seen = Channel.CreateUnbounded<BusMessage>();
        await using var match = await _client.MatchAsync(
            new SignalRule(EchoService.Name) { Interface = "org.freedesktop.DBus.ObjectManager" }, message => seen.Writer.TryWrite(message));
        var added = await _server.ExportAsync("/org/example/Second", announce: true, (EchoService.Definition, new EchoService { Count = 9 }));

        var arrival = await seen.Reader.ReadAsync();
        Assert.Equal("InterfacesAdded", arrival.Member);
        Assert.Equal("/org/example/Second", arrival.Body[0].AsPath());
        Assert.Equal(9u, arrival.Body[1].AsOptions()[EchoService.Name].AsOptions()["Count"].AsUInt32());

        await added.RemoveAsync();
        var leaving = await seen.Reader.ReadAsync();
        Assert.Equal("InterfacesRemoved", leaving.Member);
        Assert.Contains(EchoService.Name, leaving.Body[1].AsStrings());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_handler_that_waits_holds_up_neither_calls_nor_signals()
    {
        var reached = new TaskCompletionSource();
        var answer = new TaskCompletionSource<IReadOnlyList<BusValue>>();
        await _server.ExportAsync("/org/waiting", announce: false, (EchoService.Hanging(reached, answer.Task), this));
        var waiting = _client.CallAsync(new BusRequest(EchoService.Name, "/org/waiting", EchoService.Name, "Hang"), CancellationToken.None);
        await reached.Task;

        var names = Channel.CreateUnbounded<string>();
        await using var watch = await _server.WatchNameAsync("org.example.Other", owner => names.Writer.TryWrite(owner));
        await _client.RequestNameAsync("org.example.Other", CancellationToken.None);
        Assert.NotEmpty(await names.Reader.ReadAsync());
        Assert.NotEmpty(await CallAsync("WhoAmI"));
        Assert.False(waiting.IsCompleted);
        answer.SetResult([]);
        Assert.Empty(await waiting);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_caller_may_leave_while_his_call_waits()
    {
        var reached = new TaskCompletionSource();
        var answer = new TaskCompletionSource<IReadOnlyList<BusValue>>();
        await _server.ExportAsync("/org/left", announce: false, (EchoService.Hanging(reached, answer.Task), this));
        var caller = await bus.ConnectAsync();
        var call = caller.CallAsync(new BusRequest(EchoService.Name, "/org/left", EchoService.Name, "Hang"), CancellationToken.None);
        await reached.Task;
        await caller.DisposeAsync();
        var error = await Assert.ThrowsAsync<BusException>(() => call);
        Assert.Equal(BusErrorNames.Disconnected, error.Name);
        answer.SetResult([]);
        Assert.NotEmpty(await CallAsync("WhoAmI"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_sent_before_the_end_arrives()
    {
        const int Signals = 2000;
        var seen = Channel.CreateUnbounded<BusMessage>();
        await using var leaving = await bus.ConnectAsync();
        await leaving.RequestNameAsync("org.example.Leaving", CancellationToken.None);
        await using var match = await _client.MatchAsync(new SignalRule("org.example.Leaving"), message => seen.Writer.TryWrite(message));
        for (var i = 0; i < Signals; i++)
            await leaving.SignalAsync("/org/leaving", EchoService.Name, "Rang", new string('x', 5000), (ulong)i);
        await leaving.DisposeAsync();
        for (var i = 0; i < Signals; i++)
            Assert.Equal((ulong)i, (await seen.Reader.ReadAsync()).Body[1].AsUInt64());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_path_can_be_taken_once()
    {
        await Assert.ThrowsAsync<BusException>(() => _server.ExportAsync(EchoService.Path, false, (EchoService.Definition, _service)));
        Assert.NotEmpty(await CallAsync("WhoAmI"));
    }

    private Task<IReadOnlyList<BusValue>> CallAsync(string member, params BusValue[] arguments) =>
        _client.CallAsync(new BusRequest(EchoService.Name, EchoService.Path, EchoService.Name, member, arguments), CancellationToken.None);
}
