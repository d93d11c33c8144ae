using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Cli;

namespace VirtHandover.Tests.Unit.Tui;

public class CompletionTests
{
    private readonly FakeService service = new(Sample.Host() with
    {
        Domains = [.. Sample.Host().Domains, Sample.Domain(20, "my vm", "pending"), Sample.Domain(21, "a:b c", "pending"), Sample.Domain(22, "--all", "pending"), Sample.Domain(23, "x$(touch /run/pw)`id`y", "pending")],
    });

    [Theory(Timeout = 60_000)]
    [InlineData("list|show|approve|defer|undefer|cancel|retry|run|rehearse|queue|status|watch|history|pauses|policy|prepare|rescan", "")]
    [InlineData("retry|run|rehearse|rescan", "r")]
    [InlineData("undefer", "und")]
    [InlineData("pause", "queue", "p")]
    [InlineData("show|set|unset", "policy", "")]
    [InlineData("--filter", "list", "--f")]
    [InlineData("--no-color", "list", "--no")]
    [InlineData("", "list", "--json", "--js")]
    [InlineData("state:pending", "list", "--filter", "state:p")]
    [InlineData("name|state|pause|total|qemu", "list", "--sort", "")]
    [InlineData("auto|ask|never", "policy", "set", "web-01", "--mode", "")]
    [InlineData("tomorrow 06:00", "defer", "web-01", "--until", "tom")]
    [InlineData("legacy-7", "undefer", "")]
    [InlineData("db-02|legacy-7|builder", "cancel", "")]
    [InlineData("auto", "policy", "set", "web-01", "au")]
    [InlineData("api-03", "policy", "set", "web-01", "never", "ap")]
    [InlineData("gpu-1|mail", "retry", "")]
    [InlineData("mail", "retry", "gpu-1", "")]
    [InlineData("", "show", "web-01", "")]
    [InlineData("web-01", "show", "web")]
    [InlineData("00000000-0000-4000-8000-000000000009|00000000-0000-4000-8000-000000000016", "approve", "0000")]
    [InlineData("", "frobnicate", "")]
    public async Task Offers_what_can_come_next(string expected, params string[] words)
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync(["complete", "fish", "--", .. words]));
        Assert.Equal(expected, string.Join('|', run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0])));
        Assert.Equal("", run.Error);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("virt-handover approve my", @"my\ vm")]
    [InlineData("virt-handover approve my\\ ", @"my\ vm")]
    [InlineData("virt-handover approve 'my v", "my vm")]
    [InlineData("virt-handover approve \"my v", "my vm")]
    [InlineData("virt-handover approve a:", @"b\ c")]
    [InlineData("virt-handover list --filter state:pe", "pending")]
    [InlineData("virt-handover list --filter 'state:pe", "state:pending")]
    [InlineData("virt-handover   show 日", "日本語の仮想マシン")]
    [InlineData("virt-handover show $(touch /tmp/x) ", "")]
    [InlineData("virt-handover show x", @"x\$\(touch\ /run/pw\)\`id\`y")]
    [InlineData("virt-handover show 'x", "x$(touch /run/pw)`id`y")]
    [InlineData("virt-handover show \"x", @"x\$(touch /run/pw)\`id\`y")]
    [InlineData("virt-handover show \"x\\", @"x\$(touch /run/pw)\`id\`y")]
    [InlineData("virt-handover show x\\", @"x\$\(touch\ /run/pw\)\`id\`y")]
    public async Task Bash_gets_what_readline_has_to_put_there(string line, string expected)
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("complete", "bash", "--", line, " \t\n\"'><=;|&(:"));
        Assert.Equal(expected, run.Out.TrimEnd('\n'));
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_a_service_there_are_no_names_and_no_noise()
    {
        service.GoAway();
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("complete", "fish", "--", "approve", ""));
        Assert.Equal("", run.Out + run.Error);
    }

    [Fact(Timeout = 60_000)]
    public async Task Names_come_from_the_machine_that_is_meant()
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("complete", "fish", "--", "--host", "root@kvm-9", "show", "web"));
        Assert.StartsWith("web-01\t", run.Out, StringComparison.Ordinal);
        Assert.Equal("-xT -q -oBatchMode=yes -- root@kvm-9 systemd-stdio-bridge", run.Ssh);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("kvm-17", "-xT -- kvm-17 systemd-stdio-bridge")]
    [InlineData("root@kvm-17:2222", "-xT -p 2222 -- root@kvm-17 systemd-stdio-bridge")]
    [InlineData("root@[fe80::1]:22", "-xT -p 22 -- root@fe80::1 systemd-stdio-bridge")]
    public async Task A_verb_works_on_another_machine(string host, string words)
    {
        var run = new CliRun(service, terminal: true);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("list", "--host", host));
        Assert.Equal(words, run.Ssh);
        run = new CliRun(service, terminal: true);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("-H", host, "list"));
        Assert.Equal(words, run.Ssh);
    }
}
