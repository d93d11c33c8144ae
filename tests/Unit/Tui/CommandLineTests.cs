using System.Text.Json;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Cli;

namespace VirtHandover.Tests.Unit.Tui;

public class CommandLineTests
{
    private readonly FakeService service = new(Sample.Host()) { Reports = [Sample.Report(1, 3, "api-03", HandoverOutcome.Done), Sample.Report(2, 6, "mail", HandoverOutcome.Undone)] };

    [Theory(Timeout = 120_000)]
    [InlineData("list", "list")]
    [InlineData("list-json", "list", "--json")]
    [InlineData("show", "show", "web-01")]
    [InlineData("show-json", "show", "00000000-0000-4000-8000-000000000003", "--json")]
    [InlineData("history", "history")]
    [InlineData("history-json", "history", "mail", "--json")]
    [InlineData("history-since", "history", "--since", "2026-11-22 09:45", "--until", "2026-11-22T09:55:00Z")]
    [InlineData("history-jsonl", "history", "--jsonl")]
    [InlineData("list-filtered", "list", "--filter", "state:pending,done,deferred !evil", "--sort", "qemu")]
    [InlineData("queue", "queue")]
    [InlineData("queue-json", "queue", "status", "--json")]
    [InlineData("policy-show", "policy", "show", "builder")]
    [InlineData("policy-show-json", "policy", "show", "builder", "--json")]
    [InlineData("help", "--help")]
    [InlineData("help-list", "list", "--help")]
    [InlineData("help-queue", "queue", "--help")]
    [InlineData("help-policy-set", "policy", "set", "--help")]
    [InlineData("help-history", "history", "--help")]
    [InlineData("help-approve", "approve", "--help")]
    [InlineData("help-defer", "defer", "--help")]
    [InlineData("help-run", "run", "-h")]
    [InlineData("help-status", "status", "--help")]
    public async Task Output_is_as_recorded(string golden, params string[] arguments)
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync(arguments));
        Assert.Equal("", run.Error);
        Golden.Match(run.Out, $"cli-{golden}.txt");
    }

    [Fact(Timeout = 120_000)]
    public async Task Status_tells_what_waits()
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Pending, await run.RunAsync("status"));
        Assert.Equal(
            "10 domains: 3 pending, 1 approved, 1 running, 1 failed, 1 blocked, 1 deferred, 1 done, 1 current\n  db-02  ▶ perform  [##############......] 74% copied\n",
            run.Out);
        run = new CliRun(service);
        Assert.Equal(ExitCode.Pending, await run.RunAsync("status", "--json"));
        Golden.Match(run.Out, "cli-status-json.txt");
    }

    [Theory(Timeout = 120_000)]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("list extra", "list", "extra")]
    [InlineData("show", "show")]
    [InlineData("show two", "show", "web-01", "db-02")]
    [InlineData("approve", "approve")]
    [InlineData("approve both", "approve", "--all", "web-01")]
    [InlineData("approve all unasked", "approve", "--all")]
    [InlineData("defer", "defer", "db-02")]
    [InlineData("defer empty", "defer", "db-02", "--until", "")]
    [InlineData("defer soon", "defer", "db-02", "--until", "soon")]
    [InlineData("defer past", "defer", "db-02", "--until", "2020-01-01 00:00")]
    [InlineData("history limit", "history", "--limit", "many")]
    [InlineData("status timeout", "status", "--timeout", "10m")]
    [InlineData("status timeout number", "status", "--watch", "--timeout", "10")]
    [InlineData("option", "list", "--frob")]
    [InlineData("json alone", "--json")]
    [InlineData("filter", "list", "--filter", "stat:blocked")]
    [InlineData("filter without all", "approve", "web-01", "--filter", "web")]
    [InlineData("sort", "list", "--sort", "age")]
    [InlineData("readiness timeout", "list", "--timeout", "10s")]
    [InlineData("since", "history", "--since", "tuesday")]
    [InlineData("since ago", "history", "--since", "-5")]
    [InlineData("since after until", "history", "--since", "today", "--until", "yesterday")]
    [InlineData("policy", "policy")]
    [InlineData("policy nothing", "policy", "set", "web-01")]
    [InlineData("policy mode", "policy", "set", "web-01", "--mode", "sometimes")]
    [InlineData("policy pause", "policy", "set", "web-01", "--max-pause", "30")]
    [InlineData("policy priority", "policy", "set", "web-01", "--priority", "high")]
    [InlineData("queue word", "queue", "stop")]
    [InlineData("rehearse", "rehearse")]
    [InlineData("host", "list", "--host", "-oProxyCommand=evil")]
    [InlineData("host port", "list", "--host", "root@kvm:99999")]
    [InlineData("no terminal")]
    [InlineData("policy two modes", "policy", "set", "web-01", "auto", "never")]
    [InlineData("policy no mode", "policy", "set", "web-01", "sometimes")]
    [InlineData("policy word", "policy", "frob", "web-01")]
    [InlineData("flag value", "list", "--json=nice")]
    [InlineData("option twice", "list", "--sort", "name", "--sort", "state")]
    [InlineData("option short", "run", "web-01", "--dry")]
    [InlineData("host nothing", "list", "--host")]
    [InlineData("reason nothing", "defer", "web-01", "--until", "22:00", "--reason")]
    [InlineData("run", "run")]
    [InlineData("escape", "\e[2J")]
    public async Task A_wrong_call_says_what_is_wrong_and_what_is_right(string golden, params string[] arguments)
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Usage, await run.RunAsync(arguments));
        Assert.Equal("", run.Out);
        Assert.Empty(service.Calls);
        Assert.Contains("Example: virt-handover ", run.Error, StringComparison.Ordinal);
        Golden.Match($"$ virt-handover {string.Join(' ', arguments)}\n{run.Error}", $"usage-{golden.Replace(' ', '-')}.txt");
    }

    [Fact(Timeout = 120_000)]
    public async Task Approves_by_name_and_by_uuid()
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("approve", "web-01", Sample.Id(4).ToString(), "web-01"));
        Assert.Equal(["approve web-01", "approve legacy-7"], service.Calls);
        Assert.Equal("web-01: approved\nlegacy-7: approved\n", run.Out);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("approve", "web-01", "--max-pause", "1.5s"));
        Assert.Equal("approve max=1500 ms web-01", service.Calls[^1]);
    }

    [Fact(Timeout = 120_000)]
    public async Task Approve_all_takes_a_filter_as_the_screen_does()
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("approve", "--all", "--yes", "--filter", "!evil !仮想"));
        Assert.Equal(["approve web-01"], service.Calls);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("undefer legacy-7", "legacy-7: not deferred any more\n", "undefer", "legacy-7")]
    [InlineData("cancel builder & cancel db-02", "builder: cancelled\ndb-02: cancelled\n", "cancel", "builder", "db-02", "builder")]
    [InlineData("prepare web-01", "web-01: It is ready at its next start.\n", "prepare", "web-01")]
    [InlineData("pause storage maintenance", "The queue is paused; “virt-handover queue resume” lets it go on.\n", "queue", "pause", "storage maintenance")]
    [InlineData("resume", "The queue goes on.\n", "queue", "resume")]
    [InlineData("policy auto|Sun 02:00-04:00|30000| web-01", "web-01: auto, window Sun 02:00-04:00, pause up to 30 ms (from the domain's own metadata)\n",
        "policy", "set", "web-01", "auto", "--window", "Sun 02:00-04:00", "--max-pause", "30ms")]
    [InlineData("policy never||| web-01 & policy never||| mail", "web-01: never (from the domain's own metadata); pause up to 300 ms (from the host's configuration)\nmail: never (from the domain's own metadata); pause up to 300 ms (from the host's configuration)\n",
        "policy", "set", "web-01", "mail", "--mode", "never")]
    [InlineData("policy |||-5 web-01", "web-01: priority -5 (from the domain's own metadata); ask, pause up to 300 ms (from the host's configuration)\n", "policy", "set", "web-01", "--priority", "-5")]
    public async Task Verbs_ask_the_service_for_what_they_say(string calls, string said, params string[] arguments)
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync(arguments));
        Assert.Equal(said, run.Out);
        Assert.Equal(calls, string.Join(" & ", service.Calls));
    }

    [Fact(Timeout = 120_000)]
    public async Task Policy_unset_removes_one_part_or_all()
    {
        Assert.Equal(ExitCode.Ok, await new CliRun(service).RunAsync("policy", "unset", "builder", "--window"));
        Assert.Equal(ExitCode.Ok, await new CliRun(service).RunAsync("policy", "unset", "builder"));
        Assert.Equal(["policy ||| builder", "policy ||0|0 builder"], service.Calls);
        Assert.Equal("", service.View.Domains[6].PolicyWindow);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Readiness_is_checked_anew_and_says_what_would_help(bool json)
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync(["list", "--readiness", .. json ? ["--json"] : Array.Empty<string>()]));
        Assert.Equal(["assess"], service.Calls);
        Golden.Match(run.Out + run.Error, json ? "cli-readiness-json.txt" : "cli-readiness.txt");
    }

    [Fact(Timeout = 120_000)]
    public async Task Readiness_does_not_wait_for_ever()
    {
        service.Assesses = false;
        var run = new CliRun(service);
        var listing = run.RunAsync("list", "--readiness", "--timeout", "10s");
        await Eventually.TrueAsync(() =>
        {
            run.Time.Advance(TimeSpan.FromSeconds(1));
            return listing.IsCompleted;
        });
        Assert.Equal(ExitCode.Ok, await listing);
        Assert.StartsWith("Not every domain was checked within 10 s; what is known is shown.", run.Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("pauses", "pauses")]
    [InlineData("pauses-json", "pauses", "api-03", "--json")]
    [InlineData("show-past", "show", "api-03")]
    public async Task Pauses_are_charted(string golden, params string[] arguments)
    {
        service.Reports = Sample.History();
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync(arguments));
        Golden.Match(run.Out, $"cli-{golden}.txt");
    }

    [Fact(Timeout = 120_000)]
    public async Task Several_rehearsals_go_on_after_one_that_failed()
    {
        var outcomes = new Queue<HandoverOutcome>([HandoverOutcome.Refused, HandoverOutcome.Rehearsed]);
        service.OnRun = _ => Task.FromResult(Sample.Report(7, 1, "web-01", outcomes.Dequeue()));
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Failed, await run.RunAsync("rehearse", "web-01", "db-02", "--json"));
        Assert.Equal(2, run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal([$"run {Sample.Id(1)} rehearse=True", $"run {Sample.Id(2)} rehearse=True"], service.Calls);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("blocked", ExitCode.Failed)]
    [InlineData("failed", ExitCode.Failed)]
    [InlineData("done", ExitCode.Ok)]
    [InlineData("deferred", ExitCode.Ok)]
    [InlineData("pending", ExitCode.Pending)]
    public async Task Status_is_no_success_while_a_domain_is_blocked(string state, int expected)
    {
        service.Show(service.View with { Domains = [Sample.Domain(1, "a", state), Sample.Domain(2, "b", "current")] });
        Assert.Equal(expected, await new CliRun(service).RunAsync("status"));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Watch_tells_each_change_once(bool json)
    {
        using var stop = new CancellationTokenSource();
        service.Show(service.View with { Domains = [.. service.View.Domains.Take(2)] });
        var run = new CliRun(service);
        var watching = run.RunAsync(stop.Token, json ? ["watch", "--json"] : ["watch"]);
        await Eventually.TrueAsync(() => run.Out.Length > 0);
        service.Change(Sample.Id(1), domain => domain with { State = "approved", ApprovedBy = "ana (uid 1000)" });
        service.Show(service.View with { LastScan = service.View.LastScan });
        service.Show(service.View with { QueueState = "paused", QueueReason = "ana (uid 1000): lunch." });
        service.Show(service.View with { Domains = [service.View.Domains[0]] });
        await Eventually.TrueAsync(() => run.Out.Contains(json ? "\"gone\"" : "does not run any more", StringComparison.Ordinal));
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Interrupted, await watching);
        Golden.Match(run.Out, json ? "cli-watch-json.txt" : "cli-watch.txt");
    }

    [Fact(Timeout = 120_000)]
    public async Task Long_work_shows_its_progress_on_a_terminal_and_leaves_no_trace()
    {
        var seen = new TaskCompletionSource<HandoverReport>();
        service.OnRun = _ => seen.Task;
        var run = new CliRun(service, terminal: true);
        var running = run.RunAsync("run", "db-02", "--json");
        await Eventually.TrueAsync(() => run.Error.Contains("db-02  ▶ perform  [##############......] 74% copied  0 s", StringComparison.Ordinal));
        await Eventually.TrueAsync(() =>
        {
            run.Time.Advance(TimeSpan.FromSeconds(1));
            return run.Error.Contains("copied  2 s", StringComparison.Ordinal);
        });
        seen.SetResult(Sample.Report(7, 2, "db-02", HandoverOutcome.Done));
        Assert.Equal(ExitCode.Ok, await running);
        Assert.EndsWith("\r\e[K", run.Error, StringComparison.Ordinal);
        Assert.StartsWith("{", run.Out, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Who_waits_for_a_turn_sees_why()
    {
        service.Change(Sample.Id(1), domain => domain with { WaitReason = "/run/hold exists." });
        var seen = new TaskCompletionSource<HandoverReport>();
        service.OnRun = _ => seen.Task;
        var run = new CliRun(service, terminal: true);
        var running = run.RunAsync("run", "web-01", "--json");
        await Eventually.TrueAsync(() => run.Error.Contains("web-01  ▶ waiting: /run/hold exists.  0 s", StringComparison.Ordinal));
        seen.SetResult(Sample.Report(7, 1, "web-01", HandoverOutcome.Done));
        Assert.Equal(ExitCode.Ok, await running);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_refusal_does_not_keep_the_others_from_being_approved()
    {
        service.Faults[Sample.Id(3)] = new ServiceException(ServiceFault.WrongState, "api-03 is done; only pending or deferred domains can be approved.");
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Failed, await run.RunAsync("approve", "nobody", "api-03", "web-01", "--json"));
        Assert.Equal(["rescan", "rescan", "approve api-03", "approve web-01"], service.Calls);
        Golden.Match(run.Out + run.Error, "cli-approve-mixed.txt");
    }

    [Theory(Timeout = 120_000)]
    [InlineData(ServiceFault.NotAuthorized, ExitCode.NotAuthorized)]
    [InlineData(ServiceFault.WrongState, ExitCode.Failed)]
    [InlineData(ServiceFault.Unreachable, ExitCode.Unreachable)]
    [InlineData(ServiceFault.InvalidArgument, ExitCode.Usage)]
    [InlineData(ServiceFault.LibvirtUnavailable, ExitCode.Failed)]
    public async Task A_fault_decides_the_exit_code(ServiceFault fault, int expected)
    {
        service.Faults[Sample.Id(1)] = new ServiceException(fault, "It did not work, for this reason.");
        foreach (var arguments in new[] { new[] { "approve", "web-01" }, ["cancel", "web-01"], ["retry", "web-01"], ["run", "web-01"], ["defer", "web-01", "--until", "+1h"] })
        {
            var run = new CliRun(service);
            Assert.Equal(expected, await run.RunAsync(arguments));
            Assert.Equal("virt-handover: It did not work, for this reason.\n", run.Error);
            Assert.Equal("", run.Out);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_a_service_every_verb_says_so()
    {
        service.GoAway();
        foreach (var arguments in new[]
        {
            new[] { "list" }, ["show", "web-01"], ["approve", "web-01"], ["defer", "web-01", "--until", "+1h"], ["cancel", "x"], ["retry", "x"],
            ["run", "x"], ["history"], ["status"], ["status", "--watch"], ["rescan"], ["watch"], ["pauses"], ["rehearse", "x"], ["undefer", "x"],
            ["queue"], ["queue", "pause"], ["queue", "resume"], ["policy", "show", "x"], ["policy", "set", "x", "auto"], ["policy", "unset", "x"],
            ["prepare", "x"], ["list", "--readiness"],
        })
        {
            var run = new CliRun(service);
            Assert.Equal(ExitCode.Unreachable, await run.RunAsync(arguments));
            Assert.Equal("virt-handover: The service cannot be reached: no such bus.\n", run.Error);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_document_has_the_schemas_number()
    {
        service.Reports = Sample.History();
        service.OnRun = _ => Task.FromResult(Sample.Report(7, 1, "web-01", HandoverOutcome.Rehearsed));
        string[][] calls =
        [
            ["list"], ["list", "--readiness"], ["show", "web-01"], ["approve", "web-01"], ["approve", "--all", "--yes"], ["defer", "web-01", "--until", "+1h"],
            ["undefer", "web-01"], ["cancel", "web-01"], ["retry", "web-01"], ["run", "web-01"], ["run", "web-01", "--dry-run"], ["run", "web-01", "--max-pause", "3s"], ["rehearse", "web-01", "db-02"],
            ["queue"], ["queue", "status"], ["queue", "pause", "lunch"], ["queue", "resume"], ["status"], ["status", "--watch"], ["history"], ["history", "--jsonl"],
            ["pauses"], ["policy", "show", "web-01"], ["policy", "set", "web-01", "never"], ["policy", "unset", "web-01"], ["prepare", "web-01"], ["rescan"],
        ];
        foreach (var call in calls)
        {
            if (call is ["status", "--watch"])
            {
                service.Show(service.View with { Domains = [Sample.Domain(1, "web-01", "done")] });
            }

            var run = new CliRun(service);
            await run.RunAsync([.. call, "--json"]);
            Assert.Equal("", run.Error);
            var documents = run.Out.StartsWith("{\n", StringComparison.Ordinal) ? [run.Out] : run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.NotEmpty(documents);
            foreach (var document in documents)
            {
                using var json = JsonDocument.Parse(document);
                Assert.Equal(1, json.RootElement.GetProperty("schema").GetInt32());
            }

            if (call is ["status", "--watch"])
            {
                service.Show(Sample.Host());
            }
        }

        // No verb is forgotten above; watch is another test's, complete is no document.
        var verbs = CommandLine.Build(new CliRun(service).Context).Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name);
        Assert.Equal(["watch"], verbs.Except(calls.Select(call => call[0])));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_history_knows_names_of_machines_that_are_gone()
    {
        service.Reports = Sample.History();
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("history", "gone\e[31m-since", "--jsonl"));
        Assert.Contains($"\"uuid\":\"{Sample.Id(12)}\"", Assert.Single(run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);

        run = new CliRun(service);
        Assert.Equal(ExitCode.Failed, await run.RunAsync("history", "nobody"));
        Assert.EndsWith("Nor has the history anything under that name.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task An_unknown_domain_is_named_with_those_there_are()
    {
        service.Show(service.View with { Domains = [.. service.View.Domains.Take(2)] });
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Failed, await run.RunAsync("show", "web-1\e[31m"));
        Assert.Equal("virt-handover: No running domain has the name or UUID “web-1\\x1b[31m”; running are web-01, db-02.\n", run.Error);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("run")]
    [InlineData("rehearse")]
    [InlineData("approve")]
    [InlineData("policy", "set")]
    public async Task A_domain_that_was_started_a_moment_ago_is_looked_for(params string[] verb)
    {
        service.Started = [Sample.Domain(40, "just-01", "pending")];
        service.OnRun = _ => Task.FromResult(Sample.Report(7, 40, "just-01", HandoverOutcome.Done));
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync([.. verb, "just-01", .. verb[0] == "policy" ? ["auto"] : Array.Empty<string>()]));
        Assert.Equal(2, service.Calls.Count);
        Assert.Equal("rescan", service.Calls[0]);
        Assert.Equal("", run.Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_scan_that_was_under_way_does_not_decide_that_there_is_none()
    {
        service.Started = [Sample.Domain(40, "just-01", "pending")];
        service.ScansBefore = 1;
        service.OnRun = _ => Task.FromResult(Sample.Report(7, 40, "just-01", HandoverOutcome.Done));
        Assert.Equal(ExitCode.Ok, await new CliRun(service).RunAsync("run", "just-01"));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_look_that_does_not_come_to_an_end_is_waited_for_ten_seconds()
    {
        service.Scans = false;
        var run = new CliRun(service);
        var running = run.RunAsync("run", "nobody");
        await Eventually.TrueAsync(() =>
        {
            run.Time.Advance(TimeSpan.FromSeconds(1));
            return running.IsCompleted;
        });
        Assert.Equal(ExitCode.Failed, await running);
        Assert.StartsWith("virt-handover: No running domain has the name or UUID “nobody”;", run.Error, StringComparison.Ordinal);
        Assert.Equal(["rescan"], service.Calls);
    }

    [Fact(Timeout = 120_000)]
    public async Task Who_may_not_have_it_look_hears_what_is_known()
    {
        service.RescanFault = new ServiceException(ServiceFault.NotAuthorized, "This user may not do that.");
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Failed, await run.RunAsync("run", "nobody"));
        Assert.StartsWith("virt-handover: No running domain has the name or UUID “nobody”;", run.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Defers_until_the_moment_the_parser_finds()
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("defer", "web-01", "--until", "22:00"));
        Assert.Equal(["defer 2026-11-22T22:00:00Z web-01"], service.Calls);
        Assert.Equal("web-01: deferred until Sun 2026-11-22 22:00:00 UTC (in 12 h)\n", run.Out);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("yes", 0)]
    [InlineData("y", 0)]
    [InlineData("", 1)]
    [InlineData("no", 1)]
    [InlineData("yesterday", 1)]
    public async Task Approve_all_asks_with_count_and_names(string answer, int expected)
    {
        var run = new CliRun(service, terminal: true);
        run.Context = run.Context with { In = new StringReader(answer) };
        Assert.Equal(expected, await run.RunAsync("approve", "--all"));
        Assert.StartsWith("Approve 3 domains: web-01, 00000000-0000-4000-8000-000000000009, '日本語の仮想マシン'? [y/N] ", run.Error, StringComparison.Ordinal);
        Assert.Equal(expected == 0 ? 3 : 0, service.Calls.Count);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(HandoverOutcome.Done, 0)]
    [InlineData(HandoverOutcome.Rehearsed, 0)]
    [InlineData(HandoverOutcome.Refused, 1)]
    [InlineData(HandoverOutcome.Cancelled, 1)]
    [InlineData(HandoverOutcome.Undone, 1)]
    [InlineData(HandoverOutcome.Stranded, 1)]
    public async Task Run_prints_the_report(HandoverOutcome outcome, int expected)
    {
        service.OnRun = _ => Task.FromResult(Sample.Report(7, 1, "web-01", outcome));
        var run = new CliRun(service);
        Assert.Equal(expected, await run.RunAsync("run", "web-01", "--dry-run"));
        Assert.Equal([$"run {Sample.Id(1)} rehearse=True"], service.Calls);
        Golden.Match(run.Out, $"cli-run-{outcome}.txt");

        run = new CliRun(service);
        Assert.Equal(expected, await run.RunAsync("run", "web-01", "--json"));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(1, json.RootElement.GetProperty("schema").GetInt32());
        Assert.Equal(312, json.RootElement.GetProperty("report").GetProperty("total_ms").GetDecimal());
    }

    [Fact(Timeout = 120_000)]
    public async Task An_interrupted_run_says_that_the_handover_goes_on()
    {
        using var stop = new CancellationTokenSource();
        service.OnRun = async token =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        };
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Interrupted, await run.RunAsync(stop.Token, "run", "web-01"));
        Assert.Equal("Stopped waiting; the handover goes on. See: virt-handover show web-01\n", run.Error);
    }

    [Fact(Timeout = 120_000)]
    public async Task Status_watch_waits_for_the_end_across_a_restart_of_the_service()
    {
        service.Show(service.View with { Domains = [.. service.View.Domains.Take(1)] });
        var run = new CliRun(service);
        var watching = run.RunAsync("status", "--watch");
        await Eventually.TrueAsync(() => run.Out.Contains("1 pending", StringComparison.Ordinal));
        service.GoAway();
        await Eventually.TrueAsync(() => run.Error.Contains("went away", StringComparison.Ordinal));
        service.Change(Sample.Id(1), domain => domain with { State = "failed" });
        service.Reachable = true;
        await Eventually.TrueAsync(() =>
        {
            run.Time.Advance(TimeSpan.FromSeconds(1));
            return watching.IsCompleted;
        });
        Assert.Equal(ExitCode.Failed, await watching);
        Assert.EndsWith("1 domain: 1 failed\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("The service is back.", run.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Status_watch_gives_up_after_its_timeout()
    {
        var run = new CliRun(service);
        var watching = run.RunAsync("status", "--watch", "--timeout", "10m", "--json");
        await Eventually.TrueAsync(() => run.Out.Length > 0);
        run.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(ExitCode.Pending, await watching);
        Assert.StartsWith("Gave up after 10 min: 10 domains: 3 pending", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_terminal_gets_colours_and_no_lines_wider_than_itself()
    {
        var run = new CliRun(service, terminal: true);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("list"));
        Assert.Contains("\e[31m", run.Out, StringComparison.Ordinal);
        run = new CliRun(service, terminal: true);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("list", "--no-color"));
        Assert.DoesNotContain('\e', run.Out);
        Assert.All(run.Out.Split('\n'), line => Assert.True(VirtHandover.Tui.Format.Columns.Of(line) <= 100, line));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_verb_on_a_terminal_opens_the_screen(bool color)
    {
        var run = new CliRun(service, terminal: true);
        Assert.Equal(ExitCode.Ok, color ? await run.RunAsync() : await run.RunAsync("--no-color"));
        Assert.Equal(new ScreenOptions(color), run.Screen);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_dumb_terminal_gets_a_sentence_instead_of_the_screen()
    {
        var run = new CliRun(service, terminal: true);
        run.Context = run.Context with { Traits = run.Context.Traits with { Kind = "dumb" } };
        Assert.Equal(ExitCode.Usage, await run.RunAsync());
        Assert.Contains("“virt-handover list”", run.Error, StringComparison.Ordinal);
        Assert.Null(run.Screen);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_version_is_one_line()
    {
        var run = new CliRun(service);
        Assert.Equal(ExitCode.Ok, await run.RunAsync("--version"));
        Assert.Matches(@"\Avirt-handover \d+\.\d+\.\d+\n\z", run.Out);
    }
}
