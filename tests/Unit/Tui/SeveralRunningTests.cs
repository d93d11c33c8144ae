using Terminal.Gui.Input;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Cli;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>Several handovers at once, as in one outage of libvirt for all of them.</summary>
[Collection(nameof(ScreenTests))]
public class SeveralRunningTests
{
    private readonly FakeService service = new(Several()) { Reports = Sample.History() };

    [Theory(Timeout = 120_000)]
    [InlineData(80, 24, false)]
    [InlineData(120, 36, false)]
    [InlineData(120, 36, true)]
    [InlineData(80, 24, true)]
    public async Task Each_row_shows_how_far_its_own_is(int width, int height, bool color)
    {
        using var screen = new ScreenRun(service, width, height, color: color);
        // The history comes behind the snapshot, and what it brings would be shown with the time of then.
        await Eventually.TrueAsync(() =>
        {
            screen.Turn();
            return screen.State.Book.Reports.Count > 0;
        });
        screen.Press(new Key('j'));
        await screen.ShowsAsync("┤db-02├");
        Golden.Match(color ? screen.Ansi.Replace("\e", "^", StringComparison.Ordinal) : screen.Text, $"screen-{width}x{height}-several{(color ? "-color" : "")}.txt");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("status", ExitCode.Pending, "status")]
    [InlineData("list", ExitCode.Ok, "list")]
    [InlineData("queue", ExitCode.Ok, "queue", "status")]
    public async Task The_command_line_names_each(string golden, int code, params string[] arguments)
    {
        var run = new CliRun(service);
        Assert.Equal(code, await run.RunAsync(arguments));
        Assert.Equal("", run.Error);
        Golden.Match(run.Out, $"cli-{golden}-several.txt");
    }

    [Fact(Timeout = 120_000)]
    public async Task Status_watch_shows_all_on_one_line_of_the_terminal_and_ends_with_the_last()
    {
        var run = new CliRun(service, terminal: true);
        var watching = run.RunAsync("status", "--watch", "--no-color");
        await Eventually.TrueAsync(() => run.Error.Contains(
            "\r\e[Kweb-01  ▶ prepare   db-02  ▶ perform  [##############......] 74% copied   api-03  ▶ confirm   日本", StringComparison.Ordinal));
        service.Change(Sample.Id(3), domain => domain with { State = "done", Phase = "" });
        await Eventually.TrueAsync(() => run.Error.Contains("copied   日本語の仮想マシン", StringComparison.Ordinal));
        Assert.Equal("5 domains: 1 approved, 4 running\n5 domains: 1 approved, 3 running, 1 done\n", run.Out);
        service.Show(service.View with { Domains = [.. service.View.Domains.Select(domain => domain with { State = "done", Phase = "", Progress = -1 })] });
        Assert.Equal(ExitCode.Ok, await watching);
        Assert.EndsWith("\r\e[K", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("5 domains: 5 done\n", run.Out, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Watch_tells_the_steps_of_each()
    {
        using var stop = new CancellationTokenSource();
        var run = new CliRun(service);
        var watching = run.RunAsync(stop.Token, "watch");
        await Eventually.TrueAsync(() => run.Out.Length > 0);
        service.Show(service.View with
        {
            Domains =
            [
                .. service.View.Domains.Select(domain => domain switch
                {
                    { Name: "web-01" } => domain with { Phase = "quiesce" },
                    { Name: "db-02" } => domain with { State = "failed", Phase = "", Progress = -1, LastSentence = "It was undone." },
                    { Name: "api-03" } => domain with { State = "done", Phase = "", LastPauseMicroseconds = 22_000, LastTotalMicroseconds = 700_000 },
                    _ => domain,
                }),
            ],
        });
        await Eventually.TrueAsync(() => run.Out.Contains("api-03: done", StringComparison.Ordinal));
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Interrupted, await watching);
        Assert.Equal(
            "10:00:00 5 domains: 1 approved, 4 running\n10:00:00 web-01: quiesce\n10:00:00 db-02: failed. It was undone.\n10:00:00 api-03: done, pause 22 ms, total 700 ms\n",
            run.Out);
    }

    private static HostView Several()
    {
        var host = Sample.Host();
        DomainView Running(int number, string name, string phase, params PhaseDuration[] behind) => Sample.Domain(number, name, "running") with
        {
            Phase = phase,
            PhaseTimes = behind,
            PhaseSince = phase.Length > 0 ? Sample.Now.AddMilliseconds(-350) : null,
            ApprovedBy = "root (uid 0)",
        };
        PhaseDuration[] five =
        [
            new(HandoverPhase.Begin, 12_000), new(HandoverPhase.Prepare, 140_000), new(HandoverPhase.Quiesce, 9_000), new(HandoverPhase.Perform, 25_000),
            new(HandoverPhase.Finish, 6_000),
        ];
        return host with
        {
            Domains =
            [
                Running(1, "web-01", "prepare", five[0]),
                host.Domains[1],
                Running(3, "api-03", "confirm", five),
                Running(10, "日本語の仮想マシン", ""),
                host.Domains[6] with { WaitReason = "The handovers of web-01, db-02, api-03 run." },
            ],
        };
    }
}
