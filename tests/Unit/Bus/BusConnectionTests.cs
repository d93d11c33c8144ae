using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

public sealed class BusConnectionTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    [Fact(Timeout = 30_000)]
    public async Task A_call_to_the_bus_is_answered()
    {
        await using var connection = await bus.ConnectAsync();
        var reply = await connection.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None);
        Assert.Equal(32, Assert.Single(reply).AsText().Length);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_error_reply_becomes_an_exception_with_its_name()
    {
        await using var connection = await bus.ConnectAsync();
        var error = await Assert.ThrowsAsync<BusException>(() =>
            connection.CallAsync(new BusRequest("org.example.Nobody", "/", "org.example.Nobody", "Nothing"), CancellationToken.None));
        Assert.Equal(BusErrorNames.ServiceUnknown, error.Name);
    }

    [Fact(Timeout = 30_000)]
    public async Task Arguments_that_are_no_D_Bus_are_refused_before_they_are_sent()
    {
        await using var connection = await bus.ConnectAsync();
        var error = await Assert.ThrowsAsync<BusException>(() =>
            connection.CallAsync(BusRequest.ToBus("GetNameOwner", new BusValue.ObjectPath("no path")), CancellationToken.None));
        Assert.Equal(BusErrorNames.InvalidArgs, error.Name);
        Assert.Equal(32, (await connection.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None))[0].AsText().Length);
    }

    [Theory]
    [InlineData("unix:path=/nonexistent/socket")]
    [InlineData("no address")]
    [InlineData("")]
    public async Task No_bus_is_a_sentence(string address)
    {
        var error = await Assert.ThrowsAsync<BusException>(() => BusConnection.OpenAsync(address, CancellationToken.None));
        Assert.Equal(BusErrorNames.NoServer, error.Name);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
        Assert.Contains(address, error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_bus_that_accepts_and_says_nothing_does_not_hold_the_caller()
    {
        var path = Path.Combine(bus.Folder, "mute");
        using var mute = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        mute.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        mute.Listen();
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BusConnection.OpenAsync($"unix:path={path}", limit.Token));
    }

    [Fact(Timeout = 30_000)]
    public async Task Names_are_taken_watched_and_given_back()
    {
        await using var owner = await bus.ConnectAsync();
        await using var other = await bus.ConnectAsync();
        var owners = System.Threading.Channels.Channel.CreateUnbounded<string>();
        await using var watch = await other.WatchNameAsync("org.example.Name", name => owners.Writer.TryWrite(name));

        await owner.RequestNameAsync("org.example.Name", CancellationToken.None);
        var unique = await owners.Reader.ReadAsync();
        Assert.Equal(unique, await other.GetNameOwnerAsync("org.example.Name", CancellationToken.None));
        var error = await Assert.ThrowsAsync<BusException>(() => other.RequestNameAsync("org.example.Name", CancellationToken.None));
        Assert.Contains("already running", error.Message, StringComparison.Ordinal);

        await owner.ReleaseNameAsync("org.example.Name", CancellationToken.None);
        Assert.Equal("", await owners.Reader.ReadAsync());
        Assert.Equal("", await other.GetNameOwnerAsync("org.example.Name", CancellationToken.None));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_bus_tells_who_is_there()
    {
        await using var one = await bus.ConnectAsync();
        await using var other = await bus.ConnectAsync();
        await one.RequestNameAsync("org.example.Who", CancellationToken.None);
        var caller = await other.GetCallerAsync(await other.GetNameOwnerAsync("org.example.Who", CancellationToken.None), CancellationToken.None);
        var status = await File.ReadAllLinesAsync("/proc/self/status");
        var uid = uint.Parse(status.Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1], provider: null);
        Assert.Equal(uid, caller.UserId);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_bad_match_rule_is_refused_and_the_connection_lives_on()
    {
        await using var connection = await bus.ConnectAsync();
        await Assert.ThrowsAsync<BusException>(() => connection.MatchAsync(new SignalRule("org.freedesktop.DBus") { Interface = "no interface" }, _ => { }));
        Assert.Single(await connection.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_closed_connection_refuses_calls_with_a_sentence()
    {
        var connection = await bus.ConnectAsync();
        await connection.DisposeAsync();
        var error = await Assert.ThrowsAsync<BusException>(() => connection.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None));
        Assert.Equal(BusErrorNames.Disconnected, error.Name);
        Assert.True(connection.Disconnected.IsCompleted);
    }
}
