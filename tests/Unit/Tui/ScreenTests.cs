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
    private readonly FakeService service = new(Sample.Host());

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
        Golden.Match(screen.Text, "../../../../docs/screen.txt");
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

    [GeneratedRegex(@"\e\[[0-9;]*\b([34][0-7]|9[0-7]|10[0-7]|[34]8;[25];[0-9;]+)m")]
    private static partial Regex ColorCodes();
}
