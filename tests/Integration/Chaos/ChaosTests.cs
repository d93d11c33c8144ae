using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>
/// Real harm to real handovers: whatever happens at whichever point, in the end exactly one QEMU runs the guest, nothing of it is
/// lost, libvirt manages it, and the next handover succeeds.
/// </summary>
public sealed class ChaosTests(ChaosHost host) : IClassFixture<ChaosHost>, IAsyncLifetime
{
    private const string State = "/var/lib/virt-handover";

    public Task InitializeAsync() => host.EnsureGuest();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory(Timeout = 240000)]
    [MemberData(nameof(ChaosCases.Chosen), MemberType = typeof(ChaosCases))]
    public async Task One_QEMU_runs_the_guest_whatever_happens(string point, string faultName)
    {
        Fault fault = Enum.Parse<Fault>(faultName);
        GuestStatus before = await host.Guest.Status();
        await TheService.View();
        await using HeldPoint held = await HeldPoint.Set(point);
        int source = Assert.Single(Processes.Qemus(host.Domain));
        Task<ShellResult> run = Shell.TryRun("virt-handover", "run", host.Guest.Name, "--json");
        await held.Reached();

        var watch = Stopwatch.StartNew();
        using (var mend = new Mend())
        {
            await ChaosDeeds.Do(fault, host.Domain, source, mend, host.Guest.Name);
            held.LetGo();
            await Settled(fault, mend);
        }

        TimeSpan recovery = watch.Elapsed;
        await run;
        // What could not be written to the full disk is asked of the journal by the next service.
        if (fault == Fault.FillDisk)
            await TheService.Stop();
        HandoverReport report = await LastReport();
        host.Note(point, fault, PhaseWord(report), recovery);
        await AssertWhole(before);
        await AssertNextSucceeds();
    }

    [Fact(Timeout = 240000)]
    public async Task The_gate_waits_for_a_handover_that_keeps_libvirt_down()
    {
        GuestStatus before = await host.Guest.Status();
        await using HeldPoint held = await HeldPoint.Set("quiesce.rechecked");
        Task<ShellResult> run = Shell.TryRun("virt-handover", "run", host.Guest.Name, "--json");
        await held.Reached();
        using Process gate = Process.Start(new ProcessStartInfo(TheService.Program, "gate") { RedirectStandardError = true })!;
        using var limit = new CancellationTokenSource(Eventually.Limit);
        Assert.Contains("its start waits", await gate.StandardError.ReadLineAsync(limit.Token), StringComparison.Ordinal);
        Assert.False(gate.HasExited);
        held.LetGo();
        await gate.WaitForExitAsync(limit.Token);
        Assert.Equal((0, 0), (gate.ExitCode, (await run).ExitCode));
        await Settled(Fault.Hammer, new Mend());
        await AssertWhole(before);
    }

    [Fact(Timeout = 240000)]
    public async Task The_gate_ends_a_handover_whose_processes_are_dead()
    {
        GuestStatus before = await host.Guest.Status();
        await TheService.View();
        await using HeldPoint held = await HeldPoint.Set("finish.continued");
        Task<ShellResult> run = Shell.TryRun("virt-handover", "run", host.Guest.Name, "--json");
        await held.Reached();
        // A client that loses the service calls for a new one, and that might end the handover before the gate does.
        await Shell.Run("pkill", "-KILL", "-x", "virt-handover");
        await run;
        using (var mend = new Mend())
            await ChaosDeeds.Do(Fault.KillBoth, host.Domain, Processes.Qemus(host.Domain)[0], mend, host.Guest.Name);
        held.LetGo();
        ShellResult gate = await Shell.TryRun(TheService.Program, "gate");
        Assert.True(gate.ExitCode == 0, gate.Error);
        Assert.Contains("is brought to an end before libvirt starts", gate.Error, StringComparison.Ordinal);
        await ChaosDeeds.StartDaemonByHand();
        await Settled(Fault.Hammer, new Mend());
        await AssertWhole(before);
        Assert.Equal(HandoverOutcome.Done, (await LastReport()).Outcome);
    }

    [Fact(Timeout = 240000)]
    public async Task Clients_of_a_socket_on_which_both_QEMUs_listen_block_neither()
    {
        GuestStatus before = await host.Guest.Status();
        string agent = (await Virsh.Xml(host.Guest.Name)).Descendants("channel").Single().Element("source")!.Attribute("path")!.Value;
        await using HeldPoint held = await HeldPoint.Set("quiesce.rechecked");
        Task<ShellResult> run = Shell.TryRun("virt-handover", "run", host.Guest.Name, "--json");
        await held.Reached();
        for (int n = 0; n < 200; n++)
        {
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            // Blocking: waits while the queue of the socket is full.
            await Task.Run(() => client.Connect(new UnixDomainSocketEndPoint(agent)));
            // Now, not later: the next client would free the one that this one has caught.
            await host.Guest.Status();
        }

        GuestStatus meanwhile = await host.Guest.AssertLives(before);
        held.LetGo();
        ShellResult result = await run;
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        await AssertWhole(meanwhile);
    }

    private async Task Settled(Fault fault, Mend mend)
    {
        if (fault is Fault.DaemonStartFails)
        {
            await Eventually.Until("the alarm, or the end", async () => await libvirtAnswers() ||
                (await TheService.View()).Alarm.Contains("could not be brought to an end yet", StringComparison.Ordinal));
            await mend.Now();
        }

        if (fault is Fault.KillBoth or Fault.KillBothStartDaemon)
            await TheService.View(); // what systemd's Restart= does
        await Eventually.Until("no keeper is left, and one QEMU, and libvirt answers", async () =>
            Processes.Keepers().Count == 0 && Processes.Qemus(host.Domain).Count == 1 &&
            HandoverJournal.Unfinished(State + "/journal").Count == 0 && await libvirtAnswers());

        async Task<bool> libvirtAnswers() => (await Shell.TryRun("virsh", "domstate", host.Guest.Name)).Output.Trim() == "running";
    }

    private async Task<HandoverReport> LastReport()
    {
        await using var client = new HandoverServiceClient();
        HandoverReport? last = null;
        // The service writes the history a moment after the journal.
        await Eventually.Until("the history has the handover", async () =>
        {
            IReadOnlyList<HandoverReport> history = await client.HistoryAsync(new HistoryQuery(host.Domain, 1), CancellationToken.None);
            last = history.Count > 0 ? history[0] : null;
            return last is not null && (await TheService.View()).Domains.All(domain => domain.State != "running");
        });
        return last!;
    }

    private async Task AssertWhole(GuestStatus before)
    {
        GuestStatus now = await host.Guest.AssertLives(before);
        Assert.Single(Processes.Qemus(host.Domain));
        await host.Guest.AssertDiskSound();
        Assert.Single(Directory.EnumerateFiles("/var/lib/libvirt/qemu", "monitor.sock*", SearchOption.AllDirectories));
        await host.Guest.AssertLives(now);
    }

    private async Task AssertNextSucceeds()
    {
        ShellResult next = await Shell.TryRun("virt-handover", "run", host.Guest.Name, "--json");
        Assert.True(next.ExitCode == 0, $"The next handover failed:\n{next.Output}{next.Error}");
        using var json = JsonDocument.Parse(next.Output);
        Assert.Equal("done", json.RootElement.GetProperty("report").GetProperty("outcome").GetString());
    }

    private static string PhaseWord(HandoverReport report) => report.Outcome.ToString().ToLowerInvariant();
}
