using System.Text.RegularExpressions;
using Terminal.Gui.Input;
using VirtHandover.Bus.Client;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>The real views, drawn in process.</summary>
[Collection(nameof(ScreenTests))]
public partial class ScreenTests
{
    private readonly FakeService service = new(Sample.Host()) { Reports = Sample.History() };

    [Theory(Timeout = 120_000)]
    [InlineData(80, 24)]
    [InlineData(120, 36)]
    [InlineData(60, 15)]
    public async Task The_queue_looks_as_recorded(int width, int height)
    {
        using var screen = new ScreenRun(service, width, height);
        await screen.ShowsAsync("web-01");
        Golden.Match(screen.Text, $"screen-{width}x{height}.txt");
    }

    [Fact(Timeout = 120_000)]
    public async Task The_picture_in_the_documentation_is_true()
    {
        var tame = service.View.Domains.Where(domain => domain.Name.All(char.IsAscii) && !domain.Name.Any(char.IsControl));
        service.Show(service.View with { Domains = [.. tame] });
        using var screen = new ScreenRun(service, 120, 36);
        await screen.ShowsAsync("web-01");
        screen.Press(new Key('j'), new Key('j'));
        await screen.ShowsAsync("┤api-03├");
        await screen.ShowsAsync("max 331 ms");
        Golden.Match(screen.Text, "../../../../docs/screen.txt");
        var picture = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "screen.txt"));
        Assert.Contains(picture, await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md")), StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(80, 24)]
    [InlineData(120, 36)]
    public async Task Colours_are_the_terminals_own_sixteen(int width, int height)
    {
        using var screen = new ScreenRun(service, width, height);
        await screen.ShowsAsync("web-01");
        Golden.Match(screen.Ansi.Replace("\e", "^", StringComparison.Ordinal), $"screen-{width}x{height}-color.txt");
        Assert.DoesNotContain("[38;2;", screen.Ansi, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(80, 24)]
    [InlineData(120, 36)]
    public async Task Without_colour_there_is_bold_and_reverse_only(int width, int height)
    {
        using var screen = new ScreenRun(service, width, height, color: false);
        await screen.ShowsAsync("web-01");
        Golden.Match(screen.Ansi.Replace("\e", "^", StringComparison.Ordinal), $"screen-{width}x{height}-mono.txt");
        Assert.Empty(ColorCodes().Matches(screen.Ansi));
    }

    [Fact(Timeout = 120_000)]
    public async Task Pages_open_and_esc_closes_them_but_never_the_screen()
    {
        using var screen = new ScreenRun(service, 80, 24);
        await screen.ShowsAsync("web-01");
        screen.Press(Key.Enter);
        await screen.ShowsAsync("┤Details├");
        Golden.Match(screen.Text, "screen-80x24-details.txt");
        screen.Press(Key.Esc, new Key('?'));
        await screen.ShowsAsync("┤Help├");
        Golden.Match(screen.Text, "screen-80x24-help.txt");
        screen.Press(Key.Esc, Key.Esc, Key.Esc);
        await screen.ShowsAsync("┤Queue├");
        Assert.Equal(ScreenPage.Queue, screen.State.Page);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_key_approves_the_selected_domain_and_the_log_names_the_command()
    {
        using var screen = new ScreenRun(service, 120, 36);
        await screen.ShowsAsync("web-01");
        screen.Press(Key.CursorDown, Key.CursorUp, Key.A);
        await screen.ShowsAsync("web-01 is approved.");
        await screen.ShowsAsync("= virt-handover approve web-01");
        await screen.ShowsAsync("○ approved");
        Assert.Equal(["approve web-01"], service.Calls);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_refusal_is_a_sentence_in_the_message_line()
    {
        service.Faults[Sample.Id(2)] = new ServiceException(ServiceFault.WrongState, "db-02 is being handed over now.");
        using var screen = new ScreenRun(service, 80, 24);
        await screen.ShowsAsync("web-01");
        screen.Press(new Key('j'), Key.A);
        await screen.ShowsAsync(" db-02 is being handed over now.");
    }

    [Fact(Timeout = 120_000)]
    public async Task Who_needs_a_password_is_told_where_it_is_asked_for()
    {
        service.Faults[Sample.Id(1)] = new ServiceException(ServiceFault.NotAuthorized, "Could not approve web-01: this user may not do that.");
        using var screen = new ScreenRun(service, 160, 24);
        await screen.ShowsAsync("web-01");
        screen.Press(Key.A);
        await screen.ShowsAsync("this user may not do that. The command line asks for a password: virt-handover approve web-01");
    }

    [Fact(Timeout = 120_000)]
    public async Task The_screen_says_when_the_service_goes_and_when_it_is_back()
    {
        using var screen = new ScreenRun(service, 80, 24);
        await screen.ShowsAsync("web-01");
        service.GoAway();
        await screen.ShowsAsync(" service away ");
        screen.Press(Key.A);
        await screen.ShowsAsync("The service is away; nothing was asked of it.");
        service.Reachable = true;
        await screen.ShowsAsync("The service is back.");
        Assert.DoesNotContain(" service away ", screen.Text, StringComparison.Ordinal);
        Assert.Empty(service.Calls);
    }

    [Fact(Timeout = 120_000)]
    public async Task Ascii_terminals_get_ascii()
    {
        using var screen = new ScreenRun(service, 80, 24, glyphs: GlyphSet.Ascii);
        await screen.ShowsAsync("web-01");
        Golden.Match(screen.Text, "screen-80x24-ascii.txt");
        Assert.DoesNotContain(screen.Text, c => c > '~');
    }

    [Fact(Timeout = 120_000)]
    public async Task A_resized_terminal_is_filled_anew()
    {
        using var screen = new ScreenRun(service, 80, 24);
        await screen.ShowsAsync("web-01");
        screen.Resize(120, 36);
        await screen.ShowsAsync("┤Log├");
        Golden.Match(screen.Text, "screen-120x36.txt");
        screen.Resize(80, 24);
        await screen.GoneAsync("┤Log├");
        Golden.Match(screen.Text, "screen-80x24.txt");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_screen_without_domains_says_so()
    {
        service.Show(service.View with { Domains = [], Alarm = "The file /usr/libexec/qemu-kvm is missing; install qemu-kvm again." });
        using var screen = new ScreenRun(service, 80, 24);
        await screen.ShowsAsync("No domain is running.");
        Golden.Match(screen.Text, "screen-80x24-empty.txt");
    }

    [Theory(Timeout = 120_000)]
    [InlineData(80, 24, false)]
    [InlineData(120, 36, false)]
    [InlineData(80, 24, true)]
    public async Task The_pauses_of_all_domains_fill_a_page(int width, int height, bool ascii)
    {
        using var screen = new ScreenRun(service, width, height, glyphs: ascii ? GlyphSet.Ascii : null);
        await screen.ShowsAsync("web-01");
        screen.Press(Key.T);
        await screen.ShowsAsync("331 ms");
        Golden.Match(screen.Text, $"screen-{width}x{height}-pauses{(ascii ? "-ascii" : "")}.txt");
        screen.Press(Key.Esc);
        await screen.ShowsAsync("┤Queue├".Replace("┤", ascii ? "+" : "┤", StringComparison.Ordinal).Replace("├", ascii ? "+" : "├", StringComparison.Ordinal));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_filter_narrows_the_queue_letter_by_letter_and_esc_ends_it()
    {
        using var screen = new ScreenRun(service, 80, 24);
        await screen.ShowsAsync("web-01");
        screen.Press(new Key('/'));
        await screen.ShowsAsync("Esc goes back");
        Type(screen, "state:blx");
        await screen.ShowsAsync("“blx” at character 1 is no state");
        Golden.Match(screen.Text, "screen-80x24-filter-wrong.txt");
        screen.Press(Key.Enter);
        await screen.ShowsAsync("is no state");
        screen.Press(Key.Backspace);
        await screen.ShowsAsync("  1 of 10");
        screen.Press(Key.Enter);
        await screen.ShowsAsync("Queue  /state:bl  1 of 10");
        Assert.DoesNotContain("web-01", screen.Text, StringComparison.Ordinal);
        screen.Press(new Key('/'), Key.U.WithCtrl);
        Type(screen, "nothing at all");
        await screen.ShowsAsync("None of the 10 domains matches");
        screen.Press(Key.Esc);
        await screen.ShowsAsync("/state:bl  1 of 10");
        screen.Press(Key.Esc);
        await screen.ShowsAsync("web-01");
        Assert.Empty(service.Calls);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_is_pressed_twice_does_not_hit_another_domain_although_the_first_leaves_the_filter()
    {
        using var screen = new ScreenRun(service, 80, 24);
        await screen.ShowsAsync("web-01");
        screen.Press(new Key('/'));
        Type(screen, "state:pending");
        screen.Press(Key.Enter, Key.A);
        await screen.ShowsAsync("web-01 is approved.");
        await screen.ShowsAsync("○ approved");
        screen.Press(Key.C);
        await screen.ShowsAsync("web-01 is cancelled.");
        Assert.Equal(["approve web-01", "cancel web-01"], service.Calls);
    }

    [Fact(Timeout = 120_000)]
    public async Task Marked_domains_share_one_action()
    {
        using var screen = new ScreenRun(service, 120, 36);
        await screen.ShowsAsync("web-01");
        screen.Press(Key.M, Key.M, Key.Space);
        await screen.ShowsAsync("3 marked");
        screen.Press(new Key('k'), Key.M);
        await screen.ShowsAsync("2 marked");
        Golden.Match(screen.Text, "screen-120x36-marked.txt");
        screen.Press(Key.C);
        await screen.ShowsAsync("2 domains are cancelled.");
        Assert.Equal(["cancel web-01", "cancel db-02"], service.Calls);
        await screen.ShowsAsync("= virt-handover cancel web-01 db-02");
        Assert.Empty(screen.State.Marked);
        screen.Press(Key.M.WithShift);
        Assert.Equal(10, screen.State.Marked.Count);
        screen.Press(Key.Esc);
        Assert.Empty(screen.State.Marked);
    }

    [Fact(Timeout = 120_000)]
    public async Task Rows_are_sorted_by_a_key_and_stay_where_they_are_until_the_next()
    {
        using var screen = new ScreenRun(service, 80, 24);
        await screen.ShowsAsync("web-01");
        screen.Press(Key.S);
        await screen.ShowsAsync("Queue  by state");
        Assert.Equal("mail", screen.State.Rows[0].Name);
        Assert.Equal("web-01", screen.State.SelectedDomain!.Name);
        Assert.Equal(2, screen.State.SelectedRow);
        service.Change(Sample.Id(8), domain => domain with { State = "failed" });
        await screen.ShowsAsync("✗ failed   7.2.22  ");
        Assert.Equal("mail", screen.State.Rows[0].Name);
        Assert.Equal("quiet", screen.State.Rows[^1].Name);
        screen.Press(Key.S.WithShift);
        Assert.Equal(["mail", "quiet"], screen.State.Rows.Take(2).Select(domain => domain.Name));
        screen.Press(Key.S);
        await screen.ShowsAsync("Queue  by pause");
        Assert.Equal("api-03", screen.State.Rows[0].Name);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_paused_queue_says_who_and_why_and_goes_on_by_the_same_key()
    {
        service.Show(service.View with { QueueState = "paused", QueueReason = "ana (uid 1000) paused it: storage maintenance." });
        using var screen = new ScreenRun(service, 80, 24);
        await screen.ShowsAsync("queue paused");
        await screen.ShowsAsync("ana (uid 1000) paused it: storage maintenance.");
        screen.Press(Key.P);
        await screen.ShowsAsync("The queue goes on.");
        Assert.Equal(["resume"], service.Calls);
        await screen.GoneAsync("queue paused");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_deferral_ends_by_a_key()
    {
        using var screen = new ScreenRun(service, 120, 36);
        await screen.ShowsAsync("web-01");
        screen.Press(new Key('j'), new Key('j'), new Key('j'));
        await screen.ShowsAsync("because   month-end run");
        screen.Press(Key.U);
        await screen.ShowsAsync("legacy-7 is not deferred any more.");
        await screen.ShowsAsync("= virt-handover undefer legacy-7");
    }

    [Fact(Timeout = 120_000)]
    public async Task Nothing_is_drawn_when_nothing_changes()
    {
        using var screen = new ScreenRun(service, 120, 36);
        await screen.ShowsAsync("max 41 ms");
        var drawn = 0;
        screen.CountDraws(() => drawn++);
        for (var i = 0; i < 5; i++)
        {
            service.Show(service.View with { Domains = [.. service.View.Domains.Select(domain => domain with { })] });
            await Eventually.TrueAsync(() =>
            {
                screen.Cli.Time.Advance(TimeSpan.FromMilliseconds(200));
                screen.Turn();
                return ReferenceEquals(screen.State.View, service.View);
            });
        }

        Assert.Equal(0, drawn);
        service.Change(Sample.Id(8), domain => domain with { State = "failed" });
        await screen.ShowsAsync("✗ failed   7.2.22  ");
        Assert.NotEqual(0, drawn);
    }

    private static void Type(ScreenRun screen, string text) => screen.Press([.. text.Select(letter => new Key(letter))]);

    [GeneratedRegex(@"\e\[[0-9;]*\b([34][0-7]|9[0-7]|10[0-7]|[34]8;[25];[0-9;]+)m")]
    private static partial Regex ColorCodes();
}
