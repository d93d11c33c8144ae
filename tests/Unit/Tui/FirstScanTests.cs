using VirtHandover.Bus.Client;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Cli;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>What is asked in the moment after the service's start is answered when it has looked at the domains, never with none.</summary>
public class FirstScanTests
{
    private readonly HostView known = Sample.Host();
    private readonly FakeService service;

    public FirstScanTests() => service = new(known with { LastScan = null, Domains = [] });

    [Theory(Timeout = 120_000)]
    [InlineData("list")]
    [InlineData("show", "web-01")]
    [InlineData("status")]
    [InlineData("status", "--watch", "--timeout", "1s")]
    public async Task It_waits_for_the_first_scan(params string[] arguments)
    {
        var other = new CliRun(new FakeService(known));
        var later = new CliRun(service);
        Task<int> running = later.RunAsync(arguments);
        await Eventually.TrueAsync(() => service.Watchers > 0);
        Assert.Equal("", later.Out);

        service.Show(known);
        if (arguments is ["status", "--watch", ..])
        {
            await Eventually.TrueAsync(() => later.Out.Length > 0);
            later.Time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal(ExitCode.Pending, await running);
            Assert.StartsWith("10 domains", later.Out, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(await other.RunAsync(arguments), await running);
        Assert.Equal(other.Out, later.Out);
    }

    [Fact(Timeout = 120_000)]
    public async Task Readiness_waits_for_it_too()
    {
        var run = new CliRun(service);
        Task<int> running = run.RunAsync("list", "--readiness");
        await Eventually.TrueAsync(() => service.Watchers > 0);
        Assert.Equal("", run.Out);
        service.Show(known with { Domains = [.. known.Domains.Select(domain => domain with { AssessedAt = Sample.Now.AddMinutes(1) })] });
        Assert.Equal(ExitCode.Ok, await running);
        Assert.Contains("web-01", run.Out, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("list", ExitCode.Ok)]
    [InlineData("status", ExitCode.Failed)]
    public async Task After_ten_seconds_it_says_that_it_does_not_know(string verb, int code)
    {
        var run = new CliRun(service);
        Task<int> running = run.RunAsync(verb);
        await Eventually.TrueAsync(() => service.Watchers > 0);
        run.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(code, await running);
        Assert.Contains("has just started and not looked at the domains", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("No domain is running", run.Error + run.Out, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_keeps_it_from_looking_is_said_at_once()
    {
        service.Show(service.View with { Alarm = "libvirt does not answer." });
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("list"));
        Assert.Contains("libvirt does not answer.", run.Error, StringComparison.Ordinal);
    }
}
