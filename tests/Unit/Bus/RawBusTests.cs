using System.Text;
using System.Threading.Channels;
using VirtHandover.Bus;
using VirtHandover.Bus.Gate;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>
/// Messages that dbus-daemon would not pass on. dbus-broker looks at headers alone, so that a damaged body is its sender's doing; a damaged header is the
/// bus's own, and may end the connection, and nothing else.
/// </summary>
public sealed class RawBusTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vh-raw-");
    private readonly Channel<Exception> _faults = Channel.CreateUnbounded<Exception>();
    private RawBus _bus = null!;
    private BusConnection _client = null!;

    public Task InitializeAsync()
    {
        _bus = RawBus.Listen(_folder.FullName);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _bus.DisposeAsync();
        if (_client is not null)
            await _client.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("s", new byte[] { 0xff, 0xff, 0xff, 0x7f, 0 })]
    [InlineData("s", new byte[] { 1, 0, 0, 0, 0xff, 0 })]
    [InlineData("s", new byte[] { 9, 0, 0, 0, (byte)'a' })]
    [InlineData("as", new byte[] { 0xff, 0xff, 0, 0 })]
    [InlineData("v", new byte[] { 2, (byte)'s', (byte)'s', 0 })]
    [InlineData("v", new byte[] { 1, (byte)'z', 0 })]
    [InlineData("v", new byte[] { 0, 0 })]
    [InlineData("t", new byte[] { })]
    public async Task A_damaged_signal_is_told_to_the_log_and_the_next_is_read(string signature, byte[] bytes)
    {
        await OpenAsync(limits: null);
        var heard = Channel.CreateUnbounded<BusMessage>();
        var matching = _client.MatchAsync(new SignalRule(":1.5"), signal => heard.Writer.TryWrite(signal));
        await _bus.SendAsync(RawMessage.Reply(await _bus.NextCallAsync("AddMatch")));
        await using var match = await matching;

        await _bus.SendAsync(RawMessage.Signal(":1.5", "/a", "a.b", "C", signature, new RawBody().Raw(bytes)));
        await _bus.SendAsync(RawMessage.Signal(":1.5", "/a", "a.b", "D", "", new RawBody()));
        Assert.Equal("D", (await heard.Reader.ReadAsync()).Member);
        Assert.IsType<BusException>(await _faults.Reader.ReadAsync());
    }

    // Read where somebody else's has to be compared with a name that is watched.
    [Fact(Timeout = 30_000)]
    public async Task A_damaged_signal_that_nobody_asked_for_ends_nothing()
    {
        await OpenAsync(limits: null);
        var watching = _client.WatchNameAsync("org.example.Name", _ => { });
        await _bus.SendAsync(RawMessage.Reply(await _bus.NextCallAsync("AddMatch")));
        await using var watch = await watching;
        await _bus.SendAsync(RawMessage.Signal(":1.66", "/org/freedesktop/DBus", RawMessage.Bus, "NameOwnerChanged", "s", new RawBody().UInt32(1000)));
        await AnswersAsync();
    }

    [Fact(Timeout = 30_000)]
    public async Task Depth_has_an_end()
    {
        await OpenAsync(limits: null);
        var call = _client.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None);
        var deep = new RawBody();
        for (var i = 0; i < 10_000; i++)
            deep.Signature("v");
        await _bus.SendAsync(RawMessage.Reply(await _bus.NextCallAsync("GetId"), "v", deep.Signature("y").Raw(1)));
        var error = await Assert.ThrowsAsync<BusException>(() => call);
        Assert.Equal(BusErrorNames.InvalidArgs, error.Name);
        await AnswersAsync();
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_no_answer_ends_no_call(bool gated)
    {
        await OpenAsync(gated ? new GateLimits() : null);
        var call = _client.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None);
        var serial = await _bus.NextCallAsync("GetId");
        await _bus.SendAsync(RawMessage.Signal(":1.66", "/a", "a.b", "C", "s", new RawBody().Text("forged"), replyTo: serial));
        await _bus.SendAsync(RawMessage.Call(":1.66", "/a", "a.b", "C", "s", new RawBody().Text("forged"), replyTo: serial));
        await _bus.SendAsync(RawMessage.Reply(serial, "s", new RawBody().Text("true")));
        Assert.Equal("true", (await call)[0].AsText());
    }

    [Fact(Timeout = 30_000)]
    public async Task A_signal_of_somebody_else_does_not_count()
    {
        await OpenAsync(limits: null);
        var names = Channel.CreateUnbounded<string>();
        var watching = _client.WatchNameAsync("org.example.Name", owner => names.Writer.TryWrite(owner));
        await _bus.SendAsync(RawMessage.Reply(await _bus.NextCallAsync("AddMatch")));
        await using var watch = await watching;
        await _bus.SendAsync(RawMessage.Signal(
            ":1.66", "/org/freedesktop/DBus", RawMessage.Bus, "NameOwnerChanged", "sss", new RawBody().Text("org.example.Name").Text("").Text(":1.66")));
        await _bus.SendAsync(Changed("sss", new RawBody().Text("org.example.Other").Text("").Text(":1.67")));
        await _bus.SendAsync(Changed("sss", new RawBody().Text("org.example.Name").Text("").Text(":1.5")));
        Assert.Equal(":1.5", await names.Reader.ReadAsync());
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_call_is_answered_with_what_is_wrong(bool gated)
    {
        await OpenAsync(gated ? new GateLimits() : null);
        await _client.ExportAsync("/a", announce: false, (EchoService.Definition, new EchoService()));
        await _bus.SendAsync(RawMessage.Call(":1.66", "/a", EchoService.Name, "Echo", "v", new RawBody().Signature("s").UInt32(0x7fff_fff0)));
        if (gated)
            await _bus.SendAsync(RawMessage.Reply(await _bus.NextCallAsync("GetConnectionUnixUser"), "u", new RawBody().UInt32(1000)));
        while (true)
        {
            var (head, body) = await _bus.NextAsync();
            if (head.Kind != MessageKind.Error)
                continue;
            Assert.Contains("is damaged: a text is said to have 2147483632 bytes.", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
            break;
        }

        await AnswersAsync();
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_no_message_ends_the_connection_with_a_sentence(bool gated)
    {
        await OpenAsync(gated ? new GateLimits() : null);
        var call = _client.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None);
        await _bus.SendAsync("this is no message"u8.ToArray());
        Assert.Equal($"The D-Bus bus at \"{_bus.Address}\" cannot be used: The bus sent something that is no D-Bus message.", await _client.Disconnected);
        var error = await Assert.ThrowsAsync<BusException>(() => call);
        Assert.Equal(BusErrorNames.Disconnected, error.Name);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("REJECTED EXTERNAL\r\n", "does not let this user in")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "is no D-Bus bus")]
    [InlineData("DATA\r\nREJECTED EXTERNAL\r\n", "does not let this user in")]
    public async Task A_bus_that_refuses_is_a_sentence(string answer, string words)
    {
        var open = BusConnection.OpenAsync(_bus.Address, CancellationToken.None);
        await _bus.GreetAsync(answer);
        var error = await Assert.ThrowsAsync<BusException>(() => open);
        Assert.Equal(BusErrorNames.NoServer, error.Name);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains(_bus.Address, error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_bus_that_takes_nothing_is_left()
    {
        await OpenAsync(new GateLimits { Signals = 100 });
        var sent = 0;
        while (!_client.Disconnected.IsCompleted)
        {
            try
            {
                await _client.SignalAsync("/a", "a.b", "C", new string('x', 10_000));
                sent++;
            }
            catch (BusException e) when (e.Name == BusErrorNames.Disconnected)
            {
                break;
            }
        }

        Assert.True(sent >= 100, $"{sent}");
        Assert.EndsWith("It has not taken 100 signals that were sent to it.", await _client.Disconnected, StringComparison.Ordinal);
    }

    private static byte[] Changed(string signature, RawBody body) =>
        RawMessage.Signal(RawMessage.Bus, "/org/freedesktop/DBus", RawMessage.Bus, "NameOwnerChanged", signature, body);

    private async Task OpenAsync(GateLimits? limits)
    {
        var open = BusConnection.OpenAsync(_bus.Address, limits, CancellationToken.None);
        await _bus.AcceptAsync();
        _client = await open;
        _client.Faulted = (_, fault) => _faults.Writer.TryWrite(fault);
    }

    private async Task AnswersAsync()
    {
        var call = _client.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None);
        await _bus.SendAsync(RawMessage.Reply(await _bus.NextCallAsync("GetId"), "s", new RawBody().Text("id")));
        Assert.Equal("id", (await call)[0].AsText());
    }
}
