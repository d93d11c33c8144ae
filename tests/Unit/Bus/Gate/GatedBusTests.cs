using VirtHandover.Bus;
using VirtHandover.Bus.Contract;
using VirtHandover.Bus.Gate;

namespace VirtHandover.Tests.Unit.Bus.Gate;

/// <summary>A service behind the gate, on a real bus: what comes through, what does not, and what its callers are told. The callers are root here.</summary>
public sealed class GatedBusTests(PrivateBus bus) : IClassFixture<PrivateBus>, IAsyncLifetime
{
    private const string Interface = "org.example.Slow";
    private const string Path = "/slow";

    private static readonly InterfaceDefinition s_definition = new InterfaceBuilder<GatedBusTests>(Interface)
        .Method("Echo", [new("s", "text")], [new("s", "text")], (_, call) => Task.FromResult<IReadOnlyList<BusValue>>([call.Arguments[0]]))
        .Method("Who", [], [new("u", "user")], async (_, call) => [(await call.GetCallerAsync()).UserId])
        .Method("Wait", [], async (test, _) =>
        {
            if (Interlocked.Increment(ref test._waiting) == 3)
                test._full.SetResult();
            await test._go.Task;
        })
        .Property("Long", "s", _ => new string('x', 200_000))
        .Build();

    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _full = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BusConnection _service = null!;
    private BusConnection _client = null!;
    private string _name = "";
    private int _waiting;

    public async Task InitializeAsync()
    {
        _service = await BusConnection.OpenAsync(bus.Address, new GateLimits { RootInFlight = 3, RootWaiting = 4 }, CancellationToken.None);
        await _service.ExportAsync(Path, announce: false, (s_definition, this));
        await _service.RequestNameAsync("org.example.Gated", CancellationToken.None);
        _client = await bus.ConnectAsync();
        _name = await _client.GetNameOwnerAsync("org.example.Gated", CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        _go.TrySetResult();
        await _client.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_call_and_its_answer_come_through()
    {
        Assert.Equal("hello", (await Call("Echo", "hello"))[0].AsText());
        Assert.Equal(Environment.IsPrivilegedProcess ? 0u : (await _client.GetCallerAsync(_name, CancellationToken.None)).UserId, (await Call("Who"))[0].AsUInt32());
    }

    [Fact(Timeout = 60_000)]
    public async Task An_answer_longer_than_the_sockets_hold_comes_through_while_others_are_refused()
    {
        var reads = Enumerable.Range(0, 4).Select(_ => _client.CallAsync(
            new BusRequest(_name, Path, HandoverNames.Properties, "Get", Interface, "Long"), CancellationToken.None)).ToList();
        var refused = await Assert.ThrowsAsync<BusException>(() => Call("Echo", new string('y', 10_000)));
        Assert.Equal(BusErrorNames.LimitsExceeded, refused.Name);
        Assert.All(await Task.WhenAll(reads), reply => Assert.Equal(200_000, reply[0].AsText().Length));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_caller_who_does_not_read_his_answers_holds_nobody_up()
    {
        await using var slow = await BusAddress.ConnectAsync(bus.Address, CancellationToken.None);
        await BusGreeting.SayAsync(slow, CancellationToken.None);
        await slow.WriteAsync(RawMessage.CallTo(RawMessage.Bus, "/org/freedesktop/DBus", RawMessage.Bus, "Hello"));
        for (var i = 0; i < 50; i++)
            await slow.WriteAsync(RawMessage.CallTo(_name, Path, HandoverNames.Properties, "Get", "ss", new RawBody().Text(Interface).Text("Long")));

        // Root's calls share one place, so that some of these are refused; one that has a place is answered.
        for (var answered = 0; answered < 5;)
        {
            try
            {
                Assert.Equal("hello", (await Call("Echo", "hello"))[0].AsText());
                answered++;
            }
            catch (BusException e) when (e.Name == BusErrorNames.LimitsExceeded)
            {
                Assert.Contains("waiting", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_long_call_is_refused_with_its_size_and_the_next_one_is_answered()
    {
        var refused = await Assert.ThrowsAsync<BusException>(() => Call("Echo", new string('y', 200_000)));
        Assert.Equal(BusErrorNames.LimitsExceeded, refused.Name);
        Assert.Matches("^The call has 200[0-9]{3} bytes, and virt-handoverd reads none of Echo that has more than 8192\\.$", refused.Message);
        Assert.Equal("after", (await Call("Echo", "after"))[0].AsText());
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_too_much_is_refused_and_what_waits_is_answered_later()
    {
        var calls = Enumerable.Range(0, 10).Select(_ => Call("Wait")).ToList();
        await _full.Task;
        _go.SetResult();
        var refused = 0;
        foreach (var call in calls)
        {
            try
            {
                await call;
            }
            catch (BusException e) when (e.Name == BusErrorNames.LimitsExceeded)
            {
                refused++;
            }
        }

        // How many find a place depends on how they come: all ten at once, or one after the other.
        Assert.InRange(refused, 3, 6);
        Assert.Equal(10 - refused, Volatile.Read(ref _waiting));
        Assert.Equal("after", (await Call("Echo", "after"))[0].AsText());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_the_bus_is_noticed()
    {
        var own = new PrivateBus();
        await own.InitializeAsync();
        await using var connection = await BusConnection.OpenAsync(own.Address, new GateLimits(), CancellationToken.None);
        await own.DisposeAsync();
        Assert.StartsWith("The D-Bus bus at ", await connection.Disconnected, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_there_is_no_bus_it_is_said()
    {
        foreach (var address in (string[])["unix:path=/nonexistent", "tcp:host=localhost,port=1", ""])
        {
            var error = await Assert.ThrowsAsync<BusException>(() => BusConnection.OpenAsync(address, new GateLimits(), CancellationToken.None));
            Assert.Equal(BusErrorNames.NoServer, error.Name);
        }
    }

    private Task<IReadOnlyList<BusValue>> Call(string member, params BusValue[] arguments) =>
        _client.CallAsync(new BusRequest(_name, Path, Interface, member, arguments), CancellationToken.None);
}
