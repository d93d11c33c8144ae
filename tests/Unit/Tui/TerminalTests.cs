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
        await terminal.BecomesAsync("alt=1 mouse=0 cursor=0");

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
    public async Task Every_key_does_what_the_help_page_says()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await using var terminal = await OpenAsync(120, 36);
        foreach (var (key, selected) in new[]
        {
            ("j", "builder"), ("Down", "db-02"), ("k", "builder"), ("Up", "api-03"), ("G", "日本語の仮想マシン"), ("g", "api-03"), ("End", "日本語の仮想マシン"),
            ("Home", "api-03"), ("NPage", "日本語の仮想マシン"), ("PPage", "api-03"),
        })
        {
            await terminal.PressAsync(key);
            await terminal.ShowsAsync($"┤{selected}├");
        }

        foreach (var (key, page) in new[] { ("Enter", "┤Details├"), ("t", "┤Pauses├"), ("l", "┤Log├"), ("?", "┤Help├") })
        {
            await terminal.PressAsync(key);
            await terminal.ShowsAsync(page);
            await terminal.GoneAsync("┤Queue├");
            await terminal.PressAsync("Down", "NPage", "End", "Up", "Escape");
            await terminal.ShowsAsync("┤Queue├");
        }

        await terminal.PressAsync("s");
        await terminal.ShowsAsync("by state");
        await terminal.PressAsync("S", "s", "s", "s", "s");
        await terminal.ShowsAsync("Sorted by name");
        await terminal.PressAsync("m", "Space");
        await terminal.ShowsAsync("2 marked");
        await terminal.PressAsync("M");
        await terminal.ShowsAsync("10 marked");
        await terminal.PressAsync("Escape");
        await terminal.ShowsAsync("┤Queue├");
        await terminal.PressAsync("/", "m", "a", "i", "l", "Enter");
        await terminal.ShowsAsync("/mail  1 of 10");
        await terminal.PressAsync("C-l");
        await terminal.ShowsAsync("/mail  1 of 10");
        await terminal.PressAsync("C-z");
        await terminal.ShowsAsync("Stopped");
        Assert.Equal(Restored, await terminal.ModesAsync());
        await terminal.LineAsync("fg; echo rc=$?");
        await terminal.ShowsAsync("/mail  1 of 10");
        await terminal.PressAsync("Escape");
        await terminal.GoneAsync("/mail");
        await terminal.PressAsync("Home");
        await terminal.ShowsAsync("┤api-03├");
        await terminal.PressAsync("A");
        await terminal.ShowsAsync("Hand 3 domains over");
        await terminal.PressAsync("Escape");
        await terminal.GoneAsync("Hand 3 domains over");
        await terminal.PressAsync("d");
        await terminal.ShowsAsync("Until  +2h");
        await terminal.PressAsync("Escape");
        await terminal.GoneAsync("Until  +2h");
        await terminal.PressAsync("p");
        await terminal.ShowsAsync("Pause the queue");
        await terminal.PressAsync("Escape");
        await terminal.GoneAsync("Pause the queue");
        Assert.Empty(desk.Asked);

        foreach (var (key, asked) in new[]
        {
            ("a", "approve api-03"), ("c", "cancel api-03"), ("r", "retry api-03"), ("u", "undefer api-03"), ("e", "rehearse api-03"), ("F5", "rescan"),
        })
        {
            await terminal.PressAsync(key);
            if (!Environment.IsPrivilegedProcess)
            {
                await terminal.ShowsAsync("root only");
                return;
            }

            await Eventually.TrueAsync(() => desk.Asked.Contains(asked), () => $"{key}: {string.Join(", ", desk.Asked)}");
        }

        await terminal.PressAsync("p");
        await terminal.ShowsAsync("Pause the queue");
        await terminal.PressAsync("l", "u", "n", "c", "h", "Enter");
        await terminal.ShowsAsync("queue paused");
        await terminal.ShowsAsync("= virt-handover queue pause lunch");
        await terminal.PressAsync("p");
        await terminal.GoneAsync("queue paused");
        await terminal.PressAsync("C-c");
        await terminal.ShowsAsync("rc=0");
        Assert.Equal(Restored, await terminal.ModesAsync());
    }

    [Fact(Timeout = 240_000)]
    public async Task Two_hundred_domains_with_names_that_do_not_behave_stay_in_their_rows()
    {
        string[] odd = ["my vm", "日本語の仮想マシン", new string('w', 200), "\e[2J\e[31mred\e]0;title\a", "tab\tand\nline", "é\u0301\u202eright", "😀😀"];
        var many = Enumerable.Range(1, 200).Select(i => Support.Sample.Domain(i, $"{odd[i % odd.Length]}-{i}", i % 2 == 0 ? "pending" : "approved"));
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host() with { Domains = [.. many] });
        await using var terminal = await Tmux.StartAsync(bus.Address, 80, 24);
        await terminal.TypeAsync(Tmux.Program);
        await terminal.ShowsAsync("200 domains: 100 pending, 100 approved");
        for (var i = 0; i < 12; i++)
        {
            await terminal.PressAsync("NPage");
            AssertFramed(await terminal.ScreenAsync());
        }

        await terminal.PressAsync("End", "/");
        await terminal.ShowsAsync("for example state:blocked");
        await terminal.PressAsync("r", "e", "d", "Enter");
        await terminal.ShowsAsync("/red  29 of 200");
        AssertFramed(await terminal.ScreenAsync());
        await terminal.PressAsync("A");
        await terminal.ShowsAsync("Shown: filter red.");
        await terminal.PressAsync("Escape");
        await terminal.GoneAsync("Shown: filter red.");
        await terminal.PressAsync("q");
        await terminal.ShowsAsync("rc=0");

        // The frame stands in the first and in the last column of each line of the queue, whatever the names are.
        static void AssertFramed(string screen)
        {
            var rows = screen.Split('\n').Skip(2).Take(10).ToList();
            Assert.All(rows, row => Assert.Matches(@"\A│.*│\z", row));
            Assert.All(rows, row => Assert.Equal(80, VirtHandover.Tui.Format.Columns.Of(row)));
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_terminal_that_goes_without_a_signal_ends_the_screen()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await using var terminal = await Tmux.StartAsync(bus.Address, 80, 24);

        // In a session of its own no SIGHUP reaches it.
        var pidFile = Path.Combine(terminal.Folder, "pid");
        terminal.Put("lonely", $"echo $$ > {pidFile}\nexec {Tmux.Program}");
        await terminal.TypeAsync("setsid -w lonely");
        await terminal.ShowsAsync("q Quit");
        var pid = (await File.ReadAllTextAsync(pidFile)).Trim();
        Assert.True(Directory.Exists($"/proc/{pid}"));
        await terminal.KillAsync();
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{pid}"), () => $"{pid} still runs without its terminal.");
    }

    [Fact(Timeout = 240_000)]
    public async Task A_terminal_is_sent_nothing_while_nothing_changes_and_shows_its_cursor_where_a_text_is_typed()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host() with { Domains = [Support.Sample.Domain(1, "web-01", "pending")] });
        await using var terminal = await OpenAsync(80, 24);
        await terminal.PressAsync("d");
        await terminal.ShowsAsync("Until  +2h");
        await terminal.BecomesAsync("alt=1 mouse=0 cursor=1");
        await terminal.PressAsync("Escape");
        await terminal.GoneAsync("Until  +2h");
        await terminal.BecomesAsync("alt=1 mouse=0 cursor=0");

        var sent = await terminal.RecordAsync();
        var program = await terminal.ProgramPidAsync();
        var before = await QuietLengthAsync();
        await terminal.PressAsync("?");
        await terminal.ShowsAsync("┤Help├");
        await Eventually.TrueAsync(() =>
        {
            sent.Refresh();
            return sent.Length != before;
        });

        // What came before may still be on its way through tmux; a screen that never rests never gets through.
        async Task<long> QuietLengthAsync()
        {
            long length;
            var limit = TimeProvider.System.GetTimestamp();
            do
            {
                Assert.True(TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromSeconds(60), "The terminal is sent something all the time.");
                sent.Refresh();
                length = sent.Length;
                await RoundsAsync(100);
                sent.Refresh();
            }
            while (sent.Length != length);
            return length;
        }

        // Each round of the screen's loop ends with a wait.
        async Task RoundsAsync(int count)
        {
            var until = Waits() + count;
            await Eventually.TrueAsync(() => Waits() > until);
        }

        long Waits() => long.Parse(
            File.ReadLines($"/proc/{program}/task/{program}/status").Single(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)).Split(':')[1],
            System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_serial_line_that_knows_no_size_and_answers_nothing_gets_a_screen()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        var start = new ProcessStartInfo("socat", [$"EXEC:{Tmux.Program},pty,setsid,ctty,raw,echo=0", "STDIO"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove("DisableRealDriverIO");
        foreach (var (name, value) in new[] { ("TERM", "vt220"), ("LANG", "C.UTF-8"), ("DBUS_SYSTEM_BUS_ADDRESS", bus.Address) })
        {
            start.Environment[name] = value;
        }

        using var line = Process.Start(start)!;
        try
        {
            var screen = new System.Text.StringBuilder();
            var buffer = new char[4096];
            while (!screen.ToString().Contains("legacy-7", StringComparison.Ordinal))
            {
                var read = await line.StandardOutput.ReadAsync(buffer);
                Assert.True(read > 0, $"The screen ended: {screen}");
                screen.Append(buffer, 0, read);
            }

            await line.StandardInput.WriteAsync("q");
            await line.StandardInput.FlushAsync();
            await line.StandardOutput.ReadToEndAsync();
            await line.WaitForExitAsync();
        }
        finally
        {
            if (!line.HasExited)
            {
                line.Kill();
            }
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task Another_machine_is_reached_through_ssh()
    {
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host());
        await using var terminal = await Tmux.StartAsync("unix:path=/nonexistent/bus", 120, 36);
        var log = Path.Combine(terminal.Folder, "ssh.log");
        terminal.Put("ssh", $"""
            echo "$@" >> {log}
            case $* in *nowhere*) echo 'ssh: Could not resolve hostname nowhere' >&2; exit 255;; esac
            for bridge; do :; done
            exec "$bridge" --bus-path={bus.Address}
            """);
        await terminal.TypeAsync($"{Tmux.Program} --host root@kvm-9:2222 list");
        await terminal.ShowsAsync("rc=0");
        Assert.Contains("web-01", await terminal.ScreenAsync(), StringComparison.Ordinal);
        Assert.Equal("-xT -p 2222 -- root@kvm-9 systemd-stdio-bridge\n", await File.ReadAllTextAsync(log));

        // As root in somebody's directory: what lies there must not be run.
        var trap = Directory.CreateDirectory(Path.Combine(terminal.Folder, "trap")).FullName;
        Executable.Write(Path.Combine(trap, "ssh"), $"#!/bin/sh\ntouch {trap}/sprung\n");
        await terminal.LineAsync($"cd {trap}");
        await terminal.TypeAsync($"clear; {Tmux.Program} -H nowhere list");
        await terminal.ShowsAsync("rc=5");
        Assert.False(File.Exists(Path.Combine(trap, "sprung")));
        var screen = (await terminal.ScreenAsync()).Replace("\n", "", StringComparison.Ordinal);
        Assert.Contains("nowhere cannot be reached over SSH: Could not resolve hostname nowhere. Try it by hand: ssh nowhere", screen, StringComparison.Ordinal);

        await terminal.TypeAsync($"clear; {Tmux.Program} -H root@kvm-9");
        await terminal.ShowsAsync(" virt-handover  root@kvm-9  mode ask");
        await terminal.PressAsync("d");
        await terminal.ShowsAsync("Until  +2h");
        await terminal.PressAsync("Enter");
        await terminal.ShowsAsync("= virt-handover --host root@kvm-9 defer api-03 --until +2h");
        await terminal.PressAsync("q");
        await terminal.ShowsAsync("rc=0");
        Assert.EndsWith("-xT -q -oBatchMode=yes -- root@kvm-9 systemd-stdio-bridge\n", await File.ReadAllTextAsync(log), StringComparison.Ordinal);
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
