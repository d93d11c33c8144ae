using System.Diagnostics;
using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Tests.Unit.Bus;
using VirtHandover.Tui.Cli;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>A bus behind a program that stands in ssh's place; the real one is in the integration tests.</summary>
public sealed class SshStreamTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    // What ssh has logged in as is who the bus sees, and not the user here.
    [Fact(Timeout = 60_000)]
    public async Task The_bus_sees_the_user_of_the_other_machine()
    {
        Assert.True(Environment.IsPrivilegedProcess, "Only root can be somebody else; these tests run as root in CI.");
        File.SetUnixFileMode(bus.Folder, File.GetUnixFileMode(bus.Folder) | UnixFileMode.OtherExecute);
        var way = new Way(Script($"exec setpriv --reuid=65534 --regid=65534 --clear-groups systemd-stdio-bridge --bus-path={bus.Address}"));
        await using var connection = await BusConnection.OpenRemoteAsync(way, CancellationToken.None);
        await connection.RequestNameAsync("org.example.Remote", CancellationToken.None);
        await using var other = await bus.ConnectAsync();
        var caller = await other.GetCallerAsync(await other.GetNameOwnerAsync("org.example.Remote", CancellationToken.None), CancellationToken.None);
        Assert.Equal(65534u, caller.UserId);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_ends_with_the_connection_and_is_taken_away()
    {
        var way = new Way(Script($"exec systemd-stdio-bridge --bus-path={bus.Address}"));
        await using (var connection = await BusConnection.OpenRemoteAsync(way, CancellationToken.None))
        {
            Assert.Single(await connection.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None));
            Assert.True(Directory.Exists($"/proc/{way.Id}"));
        }

        await GoneAsync(way.Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_connection_ends_with_it()
    {
        var way = new Way(Script($"exec systemd-stdio-bridge --bus-path={bus.Address}"));
        await using var connection = await BusConnection.OpenRemoteAsync(way, CancellationToken.None);
        using (var bridge = Process.GetProcessById(way.Id))
            bridge.Kill();
        Assert.StartsWith("The D-Bus bus of the other machine cannot be used: ", await connection.Disconnected, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("exit 255")]
    [InlineData("echo This account is currently not available.; exit 1")]
    [InlineData("echo welcome; exec systemd-stdio-bridge --bus-path=unix:path=/nonexistent")]
    public async Task A_way_that_leads_nowhere_is_a_sentence(string script)
    {
        var way = new Way(Script(script));
        var error = await Assert.ThrowsAsync<BusException>(() => BusConnection.OpenRemoteAsync(way, CancellationToken.None));
        Assert.Equal(BusErrorNames.NoServer, error.Name);
        await GoneAsync(way.Id);

        await using var client = new HandoverServiceClient(way);
        var told = await Assert.ThrowsAsync<ServiceException>(() => client.ReadAsync(CancellationToken.None));
        Assert.Equal((ServiceFault.Unreachable, "Explained."), (told.Fault, told.Message));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_hangs_is_given_up_on_request()
    {
        var way = new Way(Script("exec sleep 300"));
        using var cancel = new CancellationTokenSource();
        var open = BusConnection.OpenRemoteAsync(way, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => open);
        await GoneAsync(way.Id);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_sentence_too()
    {
        await using var client = new HandoverServiceClient(new Way(Path.Combine(bus.Folder, "nothing")));
        var told = await Assert.ThrowsAsync<ServiceException>(() => client.ReadAsync(CancellationToken.None));
        Assert.Equal("Explained.", told.Message);
    }

    private static async Task GoneAsync(int id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Directory.Exists($"/proc/{id}"))
            await Task.Delay(5, limit.Token);
    }

    private string Script(string script)
    {
        var path = Path.Combine(bus.Folder, Path.GetRandomFileName());
        Executable.Write(path, $"#!/bin/sh\n{script}\n");
        return path;
    }

    private sealed class Way(string program) : IRemoteBus
    {
        internal int Id { get; private set; }

        public Stream Open()
        {
            var stream = SshStream.Start(program, [], mayTalk: false);
            Id = stream.Id;
            return stream;
        }

        public Task<string> ExplainAsync(CancellationToken cancellationToken) => Task.FromResult("Explained.");
    }
}
