using VirtHandover.Bus.Client;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>What a user reads when there is nobody to talk to.</summary>
public sealed class UnreachableTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    [Fact(Timeout = 30_000)]
    public async Task No_bus() => await ExpectAsync("unix:path=/nonexistent/socket", "no D-Bus system bus");

    [Fact(Timeout = 30_000)]
    public async Task No_service() => await ExpectAsync(bus.Address, "Is the package virt-handover installed?");

    [Fact(Timeout = 30_000)]
    public async Task A_service_that_does_not_start()
    {
        var own = new PrivateBus();
        await own.InitializeAsync();
        await own.ActivateAsync("org.virthandover.Handover1", "/bin/false");
        await ExpectAsync(own.Address, "virt-handoverd does not start");
        await own.DisposeAsync();
    }

    [Fact(Timeout = 30_000)]
    public async Task A_bus_that_dies_while_it_is_watched_ends_the_stream_and_a_new_call_says_why()
    {
        var own = new PrivateBus();
        await own.InitializeAsync();
        await using var server = await VirtHandover.Server.HandoverServer
            .StartAsync(own.Address, new FakeRequests(), Sample.Host(), CancellationToken.None);
        await using var client = new HandoverServiceClient(own.Address);
        await using var states = client.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await states.MoveNextAsync());
        own.Kill();
        Assert.False(await states.MoveNextAsync());
        Assert.NotEmpty(await server.Disconnected);
        var error = await Assert.ThrowsAsync<ServiceException>(() => client.ReadAsync(CancellationToken.None));
        Assert.Equal(ServiceFault.Unreachable, error.Fault);
        await own.DisposeAsync();
    }

    private static async Task ExpectAsync(string address, string words)
    {
        await using var client = new HandoverServiceClient(address);
        foreach (var attempt in new Func<Task>[]
        {
            () => client.ReadAsync(CancellationToken.None),
            () => client.RescanAsync(CancellationToken.None),
            async () => await client.WatchAsync(CancellationToken.None).GetAsyncEnumerator().MoveNextAsync(),
        })
        {
            var error = await Assert.ThrowsAsync<ServiceException>(attempt);
            Assert.Equal(ServiceFault.Unreachable, error.Fault);
            Assert.Contains(words, error.Message, StringComparison.Ordinal);
            Assert.StartsWith("Could not ", error.Message, StringComparison.Ordinal);
        }
    }
}
