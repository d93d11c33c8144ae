using VirtHandover.Bus.Contract;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>What the service makes of polkit's answers, over a real bus.</summary>
public sealed class PolkitTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    private const string Action = "org.virthandover.handover1.approve";

    private static readonly Dictionary<string, string> s_details = new() { ["method"] = "Approve" };

    [Theory(Timeout = 30_000)]
    [InlineData(true, false, "Allowed")]
    [InlineData(false, true, "PasswordNeeded")]
    [InlineData(false, false, "Denied")]
    public async Task Only_a_yes_is_a_yes(bool allowed, bool challenge, string verdict)
    {
        await using var authority = await bus.ConnectAsync();
        await using var service = await bus.ConnectAsync();
        var polkit = new FakePolkit { Answer = () => Task.FromResult((allowed, challenge)) };
        await polkit.ExportAsync(authority);

        Assert.Equal(verdict, (await Polkit.CheckAsync(service, ":1.99", Action, s_details, interactive: false)).ToString());
        Assert.Equal(["system-bus-name :1.99 org.virthandover.handover1.approve method=Approve 0"], polkit.Asked);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_host_without_polkit_is_told_from_one_that_says_no()
    {
        await using var service = await bus.ConnectAsync();
        Assert.Equal(PolkitVerdict.Absent, await Polkit.CheckAsync(service, ":1.99", Action, s_details, interactive: false));
        Assert.Equal(PolkitVerdict.Absent, await Polkit.CheckAsync(service, ":1.99", Action, s_details, interactive: true));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_polkit_that_fails_says_no()
    {
        await using var authority = await bus.ConnectAsync();
        await using var service = await bus.ConnectAsync();
        var polkit = new FakePolkit { Answer = () => throw new InvalidOperationException("Out of order.") };
        await polkit.ExportAsync(authority);
        Assert.Equal(PolkitVerdict.Denied, await Polkit.CheckAsync(service, ":1.99", Action, s_details, interactive: false));
    }

    [Fact(Timeout = 30_000)]
    public async Task The_prompt_goes_away_with_its_caller()
    {
        await using var authority = await bus.ConnectAsync();
        await using var service = await bus.ConnectAsync();
        var caller = await bus.ConnectAsync();
        await caller.RequestNameAsync("org.example.Caller", CancellationToken.None);
        var name = await service.GetNameOwnerAsync("org.example.Caller", CancellationToken.None);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource<(bool, bool)>();
        var polkit = new FakePolkit
        {
            Answer = () =>
            {
                asked.TrySetResult();
                return never.Task;
            },
        };
        await polkit.ExportAsync(authority);

        var check = Polkit.CheckAsync(service, name, Action, s_details, interactive: true);
        await asked.Task;
        Assert.EndsWith(" 1", Assert.Single(polkit.Asked), StringComparison.Ordinal);
        await caller.DisposeAsync();
        Assert.Equal(PolkitVerdict.Denied, await check);
        Assert.Equal(polkit.Cancellation, await polkit.Cancelled.Task);
        Assert.NotEmpty(polkit.Cancellation);
        never.SetResult((false, false));
    }
}
