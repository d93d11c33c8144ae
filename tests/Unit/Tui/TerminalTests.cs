using System.Diagnostics;
using VirtHandover.Tests.Unit.Bus;
using VirtHandover.Tests.Unit.Tui.Support;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>The real program in a real terminal, talking to a service on a real bus.</summary>
public sealed class TerminalTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    private const string Restored = "alt=0 mouse=0 cursor=1";

    [Fact(Timeout = 240_000)]
    public async Task Approves_and_defers_by_keys_and_restores_the_terminal()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await using var terminal = await OpenAsync(80, 24);
        Assert.Contains("Queue", await terminal.ScreenAsync(), StringComparison.Ordinal);
        Assert.Equal("alt=1 mouse=0 cursor=0", await terminal.ModesAsync());

        await terminal.PressAsync("End");
        await terminal.ShowsAsync("┤日本語の仮想マシン├");
        await terminal.PressAsync("k");
        await terminal.ShowsAsync("┤web-01├");
        await terminal.PressAsync("a");
        if (!Environment.IsPrivilegedProcess)
        {
            await terminal.ShowsAsync("root only");
            return;
        }

        await terminal.ShowsAsync("web-01 is approved.");
        await terminal.PressAsync("d");
        await terminal.ShowsAsync("Until  +2h");
        await terminal.PressAsync("Down", "Enter");
        await terminal.ShowsAsync("web-01 is deferred until");
        await terminal.PressAsync("e");
        await terminal.ShowsAsync("web-01 still runs");
        await Eventually.TrueAsync(() => desk.Asked.Count == 3, () => string.Join(", ", desk.Asked));
        Assert.Equal("approve web-01", desk.Asked.First());
        Assert.Matches(@"\Adefer \d{4}-\d\d-\d\d 22:00 web-01\z", desk.Asked.ElementAt(1));
        Assert.Equal("rehearse web-01", desk.Asked.ElementAt(2));

        await terminal.PressAsync("q");
        await terminal.ShowsAsync("rc=0");
        Assert.Equal(Restored, await terminal.ModesAsync());
    }

    [Fact(Timeout = 240_000)]
    public async Task Approve_all_takes_a_deliberate_yes_and_esc_never_leaves()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await using var terminal = await OpenAsync(80, 24);
        await terminal.PressAsync("A");
        await terminal.ShowsAsync("Hand 3 domains over");
        await terminal.PressAsync("Enter");
        await terminal.GoneAsync("Hand 3 domains over");
        await terminal.PressAsync("?");
        await terminal.ShowsAsync("┤Help├");
        await terminal.PressAsync("Escape");
        await terminal.ShowsAsync("┤Queue├");
        Assert.Empty(desk.Asked);

        await terminal.PressAsync("A");
        await terminal.ShowsAsync("Hand 3 domains over");
        await terminal.PressAsync("BTab", "Enter");
        await terminal.ShowsAsync(Environment.IsPrivilegedProcess ? "3 domains are approved." : "root only");
        await terminal.PressAsync("C-c");
        await terminal.ShowsAsync("rc=0");
        Assert.Equal(Restored, await terminal.ModesAsync());
    }

    [Theory(Timeout = 240_000)]
    [InlineData("TERM", 143, false)]
    [InlineData("TERM", 143, true)]
    [InlineData("HUP", 129, false)]
    [InlineData("INT", 130, false)]
    public async Task A_signal_leaves_the_terminal_as_it_was(string signal, int code, bool dialogOpen)
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await using var terminal = await OpenAsync(80, 24);
        if (dialogOpen)
        {
            await terminal.PressAsync("A");
            await terminal.ShowsAsync("Hand 3 domains over");
        }

        using (var kill = Process.Start("kill", [$"-{signal}", $"{await terminal.ProgramPidAsync()}"]))
        {
            await kill.WaitForExitAsync();
        }

        await terminal.ShowsAsync($"rc={code}");
        Assert.Equal(Restored, await terminal.ModesAsync());
        Assert.Empty(desk.Asked);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_resized_terminal_is_filled_anew()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await using var terminal = await OpenAsync(120, 36);
        await terminal.ShowsAsync("┤Log├");
        await terminal.ResizeAsync(80, 24);
        await terminal.GoneAsync("┤Log├");
        await terminal.ShowsAsync("q Quit");
        await terminal.ResizeAsync(120, 36);
        await terminal.ShowsAsync("┤Log├");
    }

    [Fact(Timeout = 240_000)]
    public async Task The_screen_outlives_the_service()
    {
        await using var terminal = await Tmux.StartAsync(bus.Address, 120, 36);
        await using (await FakeDesk.StartAsync(bus.Address, Support.Sample.Host()))
        {
            await terminal.TypeAsync(Tmux.Program);
            await terminal.ShowsAsync("web-01");
        }

        await terminal.ShowsAsync("service away");
        await terminal.ShowsAsync("web-01");
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await terminal.GoneAsync("service away");
        await terminal.ShowsAsync("The service is back.");

        // Still live: what changes on the bus comes in, and the cursor stays with its domain.
        await desk.ChangeAsync(Support.Sample.Id(7), "state", old => old with { State = "running", Phase = "prepare" });
        await terminal.ShowsAsync("▶ prepare");
    }

    [Fact(Timeout = 240_000)]
    public async Task Without_a_service_the_screen_waits_and_says_why()
    {
        await using var terminal = await Tmux.StartAsync("unix:path=/nonexistent/bus", 80, 24);
        await terminal.TypeAsync(Tmux.Program);
        await terminal.ShowsAsync("Trying again");
        await terminal.PressAsync("q");
        await terminal.ShowsAsync("rc=0");
        Assert.Equal(Restored, await terminal.ModesAsync());
    }

    [Fact(Timeout = 240_000)]
    public async Task No_color_and_a_plain_locale_are_honoured()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await using var terminal = await Tmux.StartAsync(bus.Address, 80, 24, "NO_COLOR=1", "LANG=C");
        await terminal.TypeAsync(Tmux.Program);
        await terminal.ShowsAsync("+-");
        await terminal.ShowsAsync("web-01");
        var colored = await terminal.ColorsAsync();
        Assert.DoesNotMatch(@"\e\[[0-9;]*(3[0-7]|4[0-7]|9[0-7]|38;|48;)[0-9;]*m", colored);
        Assert.DoesNotContain(await terminal.ScreenAsync(), c => c > '~');
    }

    [Theory(Timeout = 240_000)]
    [InlineData("TERM=dumb ", "")]
    [InlineData("", " </dev/null")]
    [InlineData("", " | cat")]
    public async Task Where_there_is_no_screen_a_sentence_names_the_command(string before, string after)
    {
        await using var terminal = await Tmux.StartAsync(bus.Address, 120, 24);
        await terminal.TypeAsync($"{before}{Tmux.Program}{after}");
        await terminal.ShowsAsync("use a verb instead");
        await terminal.ShowsAsync(after.Contains('|', StringComparison.Ordinal) ? "rc=0" : "rc=2");
        Assert.Equal(Restored, await terminal.ModesAsync());
    }

    [Fact(Timeout = 240_000)]
    public async Task The_command_line_works_on_the_real_bus()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await using var terminal = await Tmux.StartAsync(bus.Address, 160, 40);
        await terminal.TypeAsync($"{Tmux.Program} list");
        await terminal.ShowsAsync("rc=0");
        Assert.Contains("VFIO", await terminal.ScreenAsync(), StringComparison.Ordinal);
        await terminal.TypeAsync($"clear; {Tmux.Program} run web-01 --dry-run");
        await terminal.ShowsAsync(Environment.IsPrivilegedProcess ? "rehearsed" : "root only");
        await terminal.TypeAsync($"clear; {Tmux.Program} show nobody");
        await terminal.ShowsAsync("rc=1");
    }

    private async Task<Tmux> OpenAsync(int width, int height)
    {
        var terminal = await Tmux.StartAsync(bus.Address, width, height);
        await terminal.TypeAsync(Tmux.Program);
        await terminal.ShowsAsync("web-01");
        await terminal.ShowsAsync("q Quit");
        return terminal;
    }
}
