using System.Diagnostics;
using System.Globalization;
using VirtHandover.Bus.Client;
using VirtHandover.Bus.Contract;
using VirtHandover.Contract;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Service;

/// <summary>
/// The service is two processes: one that everybody may talk to and that may do nothing, and one that touches VMs and talks to the first alone.
/// </summary>
public sealed class SplitTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Nobody = "65534";

    public async Task InitializeAsync()
    {
        await TheService.Reset("[Handover]\nMaxPause=1min\nMaxOutage=1min\n");
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 120000)]
    public async Task The_front_is_a_user_of_its_own_without_power_and_the_worker_is_root()
    {
        await TheService.View();
        var user = await Shell.Run("id", "--user", "virt-handover");
        var front = await Status((await TheService.Pid())!);
        Assert.Equal([user, user, user, user], front["Uid"].Split('\t'));
        foreach (var set in new[] { "CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb" })
            Assert.Equal("0000000000000000", front[set]);
        Assert.Equal(("1", ""), (front["NoNewPrivs"], front["Groups"]));
        Assert.Equal("0\t0\t0\t0", (await Status(front["PPid"]))["Uid"]);
        // Nobody but root can write what decides about VMs, and the front's own is the front's.
        Assert.Equal("virt-handover 700\nvirt-handover 600\nroot 711", await Shell.Run(
            "stat", "--format", "%U %a", TheService.State + "/queue", TheService.State + "/queue/virt-handover.db", TheService.State));
    }

    [Theory(Timeout = 180000)]
    [InlineData("ls /var/lib/virt-handover")]
    [InlineData("ls /run/virt-handover")]
    [InlineData("ls /proc/1/fd")]
    public async Task Whoever_took_the_front_over_gets_no_further(string command)
    {
        await TheService.View();
        var tried = await Shell.TryRun(
            "setpriv", "--reuid", "virt-handover", "--regid", "virt-handover", "--clear-groups", "--no-new-privs", "sh", "-c", command);
        Assert.Contains("Permission denied", tried.Error, StringComparison.Ordinal);
    }

    [Theory(Timeout = 180000)]
    [InlineData("600", "/etc/virt-handover/virt-handover.conf")]
    [InlineData("700", "/etc/virt-handover")]
    [InlineData("700", "/etc/virt-handover/conf.d")]
    public async Task A_front_that_may_not_read_what_the_administrator_forbids_does_not_take_it_for_allowed(string mode, string path)
    {
        var before = await Shell.Run("stat", "--format", "%a", path);
        await Shell.Run("chmod", mode, path);
        try
        {
            using var front = Front();
            await front.WaitForExitAsync();
            Assert.Equal(78, front.ExitCode);
        }
        finally
        {
            await Shell.Run("chmod", before, path);
        }
    }

    [Fact(Timeout = 180000)]
    public async Task A_front_makes_no_new_queue_while_that_of_an_older_release_waits()
    {
        await Shell.Run("install", "--directory", "--mode=711", TheService.State);
        await Shell.Run("install", "--directory", "--mode=700", "--owner=virt-handover", "--group=virt-handover", TheService.State + "/queue");
        await File.WriteAllTextAsync(TheService.State + "/virt-handover.db", "of before");
        using var front = Front();
        await front.WaitForExitAsync();
        Assert.Equal(74, front.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(TheService.State + "/queue"));
    }

    [Fact(Timeout = 180000)]
    public async Task The_worker_answers_root_and_the_front_s_user_and_nobody_else()
    {
        await using var worker = await SocketWorker.Start();
        Assert.Contains("greeting", await Say("0"), StringComparison.Ordinal);
        Assert.Equal("", await Say(Nobody));
        Assert.Contains("greeting", await Say(await Shell.Run("id", "--user", "virt-handover")), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300000)]
    public async Task A_worker_that_is_killed_during_a_handover_is_followed_by_one_that_tells_its_result()
    {
        await using var first = await SocketWorker.Start();
        // As the units' StateDirectory= makes them.
        await Shell.Run("install", "--directory", "--mode=711", TheService.State);
        await Shell.Run("install", "--directory", "--mode=700", "--owner=virt-handover", "--group=virt-handover", TheService.State + "/queue");
        using var front = Front();
        try
        {
            // Before anybody asks: the bus would start another one.
            await Eventually.Until("the front is on the bus", async () => await TheService.Pid() == front.Id.ToString(CultureInfo.InvariantCulture));
            Guest guest = await Guest.Start("split-kill", "--ram", "shared", "--mem", "16", "--memory", "128");
            GuestStatus before = await guest.Status();
            await TheService.Until("it is shown", guest.Name, domain => domain.State == "current");
            await using HeldPoint held = await HeldPoint.Set("perform.stopped");
            var run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
            await held.Reached();
            await first.Kill();
            await using var second = await SocketWorker.Start();
            held.LetGo();
            var ended = await run;
            Assert.True(ended.ExitCode == 0, ended.Output + ended.Error);
            await guest.AssertLives(before);
            await using var client = new HandoverServiceClient();
            Assert.Equal(HandoverOutcome.Done, Assert.Single(await client.HistoryAsync(new HistoryQuery(null, 10), CancellationToken.None)).Outcome);
            Assert.Equal(front.Id.ToString(CultureInfo.InvariantCulture), await TheService.Pid());
        }
        finally
        {
            await TheService.Stop();
            await front.WaitForExitAsync();
        }
    }

    [Theory(Timeout = 300000)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_front_that_is_killed_during_a_handover_is_followed_by_one_that_tells_its_result(bool workerToo, bool workerFirst)
    {
        await using var worker = await SocketWorker.Start();
        await Shell.Run("install", "--directory", "--mode=711", TheService.State);
        await Shell.Run("install", "--directory", "--mode=700", "--owner=virt-handover", "--group=virt-handover", TheService.State + "/queue");
        using var front = Front();
        SocketWorker? other = null;
        Process? next = null;
        try
        {
            await Eventually.Until("the front is on the bus", async () => await TheService.Pid() == front.Id.ToString(CultureInfo.InvariantCulture));
            Guest guest = await Guest.Start("split-front", "--ram", "shared", "--mem", "16", "--memory", "128");
            GuestStatus before = await guest.Status();
            var shown = await TheService.Until("it is shown", guest.Name, domain => domain.State == "current");
            await using HeldPoint held = await HeldPoint.Set("perform.stopped");
            // By nobody who waits for it: whoever asks while there is no front has the bus start another one.
            await Shell.Run(
                "busctl", "call", HandoverNames.BusName, HandoverNames.ManagerPath, HandoverNames.Manager, "Run", "oa{sv}", TheService.PathOf(shown.Uuid), "0");
            await held.Reached();
            if (workerFirst)
                await worker.Kill();
            front.Kill();
            await front.WaitForExitAsync();
            if (workerToo)
            {
                await worker.Kill();
                other = await SocketWorker.Start();
            }

            next = Front();
            await Eventually.Until("the next front is on the bus", async () => await TheService.Pid() == next.Id.ToString(CultureInfo.InvariantCulture));
            held.LetGo();
            await Eventually.Until("its result is told", async () =>
            {
                await using var client = new HandoverServiceClient();
                return (await client.HistoryAsync(new HistoryQuery(null, 10), CancellationToken.None)).Any(report => report.Outcome is HandoverOutcome.Done);
            });
            await guest.AssertLives(before);
        }
        finally
        {
            await TheService.Stop();
            await (next ?? front).WaitForExitAsync();
            next?.Dispose();
            if (other is not null)
                await other.DisposeAsync();
        }
    }

    [Fact(Timeout = 300000)]
    public async Task A_worker_that_is_killed_takes_its_front_with_it_and_the_next_pair_knows_the_queue()
    {
        Guest guest = await Guest.Start("split-pair", "--ram", "shared", "--mem", "16", "--memory", "128");
        GuestStatus before = await guest.Status();
        await TheService.Until("it is shown", guest.Name, domain => domain.State == "current");
        var front = (await TheService.Pid())!;
        var worker = (await Status(front))["PPid"];
        await using HeldPoint held = await HeldPoint.Set("perform.stopped");
        var run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        await held.Reached();
        await Shell.Run("kill", "-KILL", worker);
        await Eventually.Until("the front has left the bus", async () => await TheService.Pid() != front);
        held.LetGo();
        await run;
        await Eventually.Until("its result is told", async () =>
        {
            await using var client = new HandoverServiceClient();
            return (await client.HistoryAsync(new HistoryQuery(null, 10), CancellationToken.None)).Any(report => report.Outcome is HandoverOutcome.Done);
        });
        await guest.AssertLives(before);
    }

    private static async Task<string> Say(string user)
    {
        const string Greeting = """{"call":1,"request":{"ask":"greet","build":"none"}}""";
        var said = await Shell.TryRun(
            "setpriv", "--reuid", user, "--clear-groups", "sh", "-c", $"printf '%s\\n' '{Greeting}' | socat -t20 - UNIX-CONNECT:{SocketWorker.Path}");
        return said.Output;
    }

    // As the front's unit starts it.
    private static Process Front() => Process.Start(new ProcessStartInfo("setpriv")
    {
        ArgumentList =
        {
            "--reuid", "virt-handover", "--regid", "virt-handover", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
            TheService.Program,
        },
        Environment = { ["VIRT_HANDOVER_WORKER"] = SocketWorker.Path },
    })!;

    private static async Task<Dictionary<string, string>> Status(string pid) => (await File.ReadAllLinesAsync($"/proc/{pid}/status"))
        .Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim());
}
