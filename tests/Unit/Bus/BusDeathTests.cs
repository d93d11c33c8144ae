using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

public sealed class BusDeathTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    [Fact(Timeout = 30_000)]
    public async Task A_dying_bus_ends_pending_calls_and_is_told()
    {
        await using var server = await bus.ConnectAsync();
        await using var client = await bus.ConnectAsync();
        var never = new TaskCompletionSource<IReadOnlyList<BusValue>>();
        var reached = new TaskCompletionSource();
        await server.RequestNameAsync(EchoService.Name, CancellationToken.None);
        await server.ExportAsync(EchoService.Path, announce: false, (EchoService.Hanging(reached, never.Task), new object()));
        var call = client.CallAsync(
            new BusRequest(EchoService.Name, EchoService.Path, EchoService.Name, "Hang") { Timeout = Timeout.InfiniteTimeSpan },
            CancellationToken.None);
        await reached.Task;

        bus.Kill();

        var error = await Assert.ThrowsAsync<BusException>(() => call);
        Assert.Contains(error.Name, new[] { BusErrorNames.Disconnected, BusErrorNames.NoReply });
        Assert.NotEmpty(await client.Disconnected);
        Assert.NotEmpty(await server.Disconnected);
        never.SetResult([]);
    }
}
