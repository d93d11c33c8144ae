using VirtHandover.Tests.Unit.Bus;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>
/// A VM's name is whatever its creator liked. Completed in a real shell, in a word without quotation marks or behind one that is open, it
/// reaches the program as that name, and nothing in it is run.
/// </summary>
public sealed class ShellNamesTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    private static readonly string s_scripts = Path.Combine(Repository.Root, "data", "completions");

    // Each begins with a letter of its own, so that one letter completes it.
    private static readonly string[] s_names =
    [
        "a$(touch pwned)",
        "b`touch pwned`",
        "c\"; touch pwned; \"",
        "d'; touch pwned; '",
        "e; touch pwned",
        "f && touch pwned #",
        "g!touch !! $HOME",
        @"h\$(touch pwned)\",
        "i*?[a-z]{1,2}~",
        "j   <k> |l& (m)",
        "k\"'$(touch pwned)'\"",
    ];

    [Theory(Timeout = 600_000)]
    [InlineData("bash --norc -i", ". {0}/virt-handover.bash")]
    [InlineData("zsh -f -i", "fpath=({0} $fpath); autoload -Uz compinit; compinit -D; PS1='$ '")]
    [InlineData("fish --no-config -i -C 'function fish_prompt; echo -n \"$ \"; end'", "source {0}/virt-handover.fish")]
    public async Task A_completed_name_is_a_name(string start, string load)
    {
        var domains = s_names.Select((name, i) => Support.Sample.Domain(i + 1, name, "pending"));
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host() with { Domains = [.. domains] });
        await using var terminal = await Tmux.StartAsync(bus.Address, 200, 24, "HOME=/nonexistent", "fish_greeting=");
        var (got, ran) = (Path.Combine(terminal.Folder, "got"), Path.Combine(terminal.Folder, "pwned"));

        // Completion asks the program; what is entered is only written down.
        terminal.Put(
            "virt-handover",
            $"case $1 in complete) exec {Tmux.Program} \"$@\";; esac; shift; printf '%s|' \"$@\" > {got}.new; mv {got}.new {got}");
        await terminal.LineAsync(start);
        await terminal.LineAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, load, s_scripts));
        await terminal.LineAsync($"cd {terminal.Folder}; clear; echo; echo it is ready");
        await terminal.ShowsAsync("\nit is ready");

        foreach (var quote in (string[])["", "\"", "'"])
        {
            foreach (var name in s_names)
            {
                File.Delete(got);
                var typed = $"virt-handover show {quote}{name[0]}";
                await terminal.KeysAsync(typed);
                await terminal.ShowsAsync(typed);
                var screen = await terminal.ScreenAsync();
                await terminal.PressAsync("Tab");
                // The program takes a while, and a key that comes meanwhile may be taken for an end of the completion.
                await Support.Eventually.TrueAsync(async () => await terminal.ScreenAsync() != screen, () => $"{quote}{name} was not completed:\n{screen}");
                await terminal.PressAsync("Enter");
                await Support.Eventually.TrueAsync(
                    async () => File.Exists(got) || (screen = await terminal.ScreenAsync()).Length == 0,
                    () => $"{quote}{name} was not entered as a whole:\n{screen}");
                Assert.Equal(name + "|", await File.ReadAllTextAsync(got));
                Assert.False(File.Exists(ran), $"{quote}{name} ran its command.");
            }
        }
    }

    [Theory]
    [InlineData("--all")]
    [InlineData("two\nlines")]
    [InlineData("tab\there")]
    [InlineData("escape\u001b[2J")]
    public void What_cannot_be_typed_stands_as_its_UUID(string name) => Assert.False(ShellWord.CanBeTyped(name));

    [Theory]
    [InlineData("a$(b)`c`\"d\\", '"', "a\\$(b)\\`c\\`\\\"d\\\\")]
    [InlineData("a!b", '"', "a\"'!'\"b")]
    [InlineData("a$(b)`c`\"d\\!", '\'', "a$(b)`c`\"d\\!")]
    [InlineData("it's", '\'', "it'\\''s")]
    public void Behind_an_open_quotation_mark(string name, char quote, string expected) => Assert.Equal(expected, ShellWord.Within(name, quote));
}
