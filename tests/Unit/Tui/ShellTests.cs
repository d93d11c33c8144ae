using VirtHandover.Tests.Unit.Bus;
using VirtHandover.Tests.Unit.Tui.Support;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>The completion scripts in the shells that they are for.</summary>
public sealed class ShellTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    private static readonly string s_scripts = Path.Combine(Repository.Root, "data", "completions");

    [Theory(Timeout = 240_000)]
    [InlineData("bash", "bash --norc -i", ". {0}/virt-handover.bash")]
    [InlineData("zsh", "zsh -f -i", "fpath=({0} $fpath); autoload -Uz compinit; compinit -D; PS1='$ '")]
    [InlineData("fish", "fish --no-config -i -C 'function fish_prompt; echo -n \"$ \"; end'", "source {0}/virt-handover.fish")]
    public async Task Tab_completes_verbs_options_and_names(string shell, string start, string load)
    {
        var domains = new[] { Support.Sample.Domain(1, "web-01", "pending"), Support.Sample.Domain(2, "my vm", "pending"), Support.Sample.Domain(3, "db-02", "deferred") };
        await using var desk = await FakeDesk.StartAsync(bus.Address, Support.Sample.Host() with { Domains = [.. domains] });
        await using var terminal = await Tmux.StartAsync(bus.Address, 120, 24, "HOME=/nonexistent", "fish_greeting=");
        terminal.Put("virt-handover", $"exec {Tmux.Program} \"$@\"");
        await terminal.LineAsync(start);
        await terminal.LineAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, load, s_scripts));
        await terminal.LineAsync($"clear; echo; echo {shell} is ready");
        await terminal.ShowsAsync($"\n{shell} is ready");

        await CompletesAsync("virt-handover und", "virt-handover undefer");
        await CompletesAsync("virt-handover undefer ", "virt-handover undefer db-02");
        await CompletesAsync("virt-handover approve my", @"virt-handover approve my\ vm");
        await CompletesAsync("virt-handover list --so", "virt-handover list --sort");
        await CompletesAsync("virt-handover policy set web-01 --mode ne", "virt-handover policy set web-01 --mode never");
        await CompletesAsync("virt-handover list --filter state:bl", "virt-handover list --filter state:blocked");

        async Task CompletesAsync(string typed, string expected)
        {
            await terminal.KeysAsync(typed);
            await terminal.ShowsAsync(typed.TrimEnd());
            await terminal.PressAsync("Tab");
            await terminal.ShowsAsync(expected);
            await terminal.PressAsync("C-u");
            await terminal.GoneAsync("virt-handover");
        }
    }
}
