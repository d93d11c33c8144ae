using System.Diagnostics;
using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A QEMU that answers nothing keeps libvirt away from nobody: after <c>MaxOutage=</c> its VM is out of libvirt's sight, alive, not to be started
/// a second time, and libvirt is there for all others.
/// </summary>
public sealed class OutageTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Configuration = "[Handover]\nMaxOutage=6s\nMaxPause=3s\n[Queue]\nStopAfterFailures=0\n";

    /// <summary>
    /// MaxOutage= and MaxPause=, the least that a recovery has, and libvirt's own start on a busy host; without a limit it would be a minute for
    /// each command that nobody answers.
    /// </summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(6 + 3 + 3 + 18);

    private static readonly string[] Small = ["--ram", "shared", "--mem", "16", "--memory", "128"];

    public async Task InitializeAsync()
    {
        await TheService.Reset(Configuration);
        await host.Reset();
        await MuteQemu.Install();
    }

    public async Task DisposeAsync()
    {
        MuteQemu.Remove();
        await TheService.Reset();
    }

    [Theory(Timeout = 300000)]
    // Once it is told to stop; only in the undo; while libvirt is away, but before anything was done to it.
    [Variant("stop")]
    [InlineData("migrate")]
    [Variant("query-named-block-nodes")]
    public async Task Libvirt_comes_back_for_all_others_and_the_mute_VM_lives_and_is_settled_later(string command)
    {
        Guest honest = await Guest.Start("o-honest", Small);
        GuestStatus well = await honest.Status();
        Guest mute = await Guest.Start("o-mute", Small);
        GuestStatus before = await mute.Status();
        int pid = await mute.Pid();
        Guid domain = await Virsh.Uuid(mute.Name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        JsonElement report;
        if (command == "query-named-block-nodes")
        {
            // libvirt asks that as well; here only we do.
            await using HeldPoint held = await HeldPoint.Set("quiesce.connected");
            Task<JsonElement> run = RunVerb.Report(mute.Name, 1);
            await held.Reached();
            await MuteQemu.SilenceAt(mute.Name, "old", command);
            held.LetGo();
            report = await run;
            // Nothing had been done to it, so nothing has to be undone, and libvirt meets it as it meets any QEMU that does not answer.
            Assert.Equal("undone", Text(report, "outcome"));
            Assert.True(OutageOf(report) < Limit, $"libvirt was away for {OutageOf(report)}.");
            Assert.Equal("running", await Virsh.State(honest.Name));
            await honest.AssertLives(well);
            MuteQemu.SpeakAll();
            await mute.AssertLives(before);
            return;
        }

        await MuteQemu.SilenceAt(mute.Name, "old", command);
        report = await RunVerb.Report(mute.Name, 1);
        Assert.Equal("stranded", Text(report, "outcome"));
        Assert.True(OutageOf(report) < Limit, $"libvirt was away for {OutageOf(report)}.");
        Assert.Contains($"virt-handoverd settle {domain}", Text(report, "sentence"), StringComparison.Ordinal);
        Assert.Contains($"virt-handoverd settle {domain} --kill", (await TheService.View()).Alarm, StringComparison.Ordinal);
        Assert.Equal("running", await Virsh.State(honest.Name));
        await honest.AssertLives(well);

        await AssertIsNotStartedTwice(mute, domain, [pid]);
        // Neither by a daemon that starts anew, which would start what is to be started with it; the gate lets it pass.
        await Virsh.Run("autostart", mute.Name);
        await Daemon.Stop();
        await PassTheGate(TimeSpan.FromSeconds(5));
        File.Delete("/run/libvirt/qemu/autostarted");
        await Daemon.Start();
        await AssertIsNotStartedTwice(mute, domain, [pid]);
        await Virsh.Run("autostart", "--disable", mute.Name);

        ShellResult still = await Shell.TryRun(TheService.Program, "settle", mute.Name);
        Assert.Equal(69, still.ExitCode);
        Assert.Contains("stays out of libvirt's sight; nothing was changed", still.Error, StringComparison.Ordinal);
        await AssertIsNotStartedTwice(mute, domain, [pid]);

        MuteQemu.SpeakAll();
        Assert.Equal(mute.Name, await Shell.Run(TheService.Program, "settle"));
        Assert.Contains("runs on the old QEMU", await Shell.Run(TheService.Program, "settle", domain.ToString()), StringComparison.Ordinal);
        Assert.Equal(("running", pid), (await Virsh.State(mute.Name), await mute.Pid()));
        await AssertIsSettled(domain);
        await mute.AssertLives(before);
        Assert.Equal("done", Text(await RunVerb.Report(mute.Name, 0), "outcome"));
        await mute.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task The_gate_opens_for_all_others_when_service_and_keeper_are_dead_and_the_VM_is_ended_by_its_administrator()
    {
        Guest honest = await Guest.Start("g-honest", Small);
        GuestStatus well = await honest.Status();
        Guest mute = await Guest.Start("g-mute", Small);
        int pid = await mute.Pid();
        Guid domain = await Virsh.Uuid(mute.Name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await MuteQemu.SilenceAt(mute.Name, "old", "stop");
        await using (HeldPoint held = await HeldPoint.Set("perform.journaled"))
        {
            Task<ShellResult> run = Shell.TryRun("virt-handover", "run", mute.Name, "--json");
            await held.Reached();
            string service = await TheService.Pid() ?? "";
            await Shell.Run("kill", "-KILL", service);
            int keeper = Assert.Single(Processes.Keepers());
            held.LetGo();
            // It has told the VM to stop, and waits for an answer.
            await Eventually.Until("the guest stands still", async () => (await Shell.TryRun("probe", "status", mute.Address, "1")).ExitCode != 0);
            Processes.Kill(keeper);
            await run;
        }

        Assert.NotEqual(0, (await Shell.TryRun("virsh", "-q", "list")).ExitCode);
        string said = await PassTheGate(TimeSpan.FromSeconds(20));
        Assert.Contains($"virt-handoverd settle {domain}", said, StringComparison.Ordinal);
        await Daemon.Start();
        Assert.Equal("running", await Virsh.State(honest.Name));
        await honest.AssertLives(well);
        await AssertIsNotStartedTwice(mute, domain, [pid]);
        // The next service tells it, too, and holds the images.
        await Eventually.Until("the alarm is up", async () => (await TheService.View()).Alarm.Contains($"settle {domain}", StringComparison.Ordinal));

        Assert.Contains("has ended", await Shell.Run(TheService.Program, "settle", mute.Name, "--kill"), StringComparison.Ordinal);
        Assert.Empty(Processes.Qemus(domain));
        await AssertIsSettled(domain);
        MuteQemu.SpeakAll();
        await Virsh.Run("start", mute.Name);
        Assert.Equal("running", await Virsh.State(mute.Name));
    }

    [Fact(Timeout = 300000)]
    public async Task A_new_QEMU_that_falls_silent_with_the_guest_is_out_of_sight_with_the_old_one_frozen_and_goes_on_when_it_answers()
    {
        Guest honest = await Guest.Start("t-honest", Small);
        GuestStatus well = await honest.Status();
        Guest mute = await Guest.Start("t-mute", Small);
        GuestStatus before = await mute.Status();
        int pid = await mute.Pid();
        Guid domain = await Virsh.Uuid(mute.Name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await MuteQemu.SilenceAt(mute.Name, "new", "cont");
        JsonElement report = await RunVerb.Report(mute.Name, 1);
        Assert.Equal("stranded", Text(report, "outcome"));
        Assert.True(OutageOf(report) < Limit, $"libvirt was away for {OutageOf(report)}.");
        IReadOnlyList<int> both = Processes.Qemus(domain);
        Assert.Equal(2, both.Count);
        int target = both.Single(one => one != pid);
        Assert.Contains($"given to the new QEMU (process {target})", Text(report, "sentence"), StringComparison.Ordinal);
        Assert.Contains("State:\tT", await File.ReadAllTextAsync($"/proc/{pid}/status"), StringComparison.Ordinal);
        Assert.Equal("running", await Virsh.State(honest.Name));
        await honest.AssertLives(well);
        await AssertIsNotStartedTwice(mute, domain, both);

        MuteQemu.SpeakAll();
        await Shell.Run(TheService.Program, "settle", mute.Name);
        Assert.Equal(("running", target), (await Virsh.State(mute.Name), await mute.Pid()));
        Assert.Equal([target], Processes.Qemus(domain));
        await AssertIsSettled(domain);
        await mute.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task A_QEMU_that_somebody_stopped_is_woken_and_its_guest_goes_on()
    {
        Guest mute = await Guest.Start("s-mute", Small);
        GuestStatus before = await mute.Status();
        int pid = await mute.Pid();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await using HeldPoint held = await HeldPoint.Set("perform.journaled");
        Task<JsonElement> run = RunVerb.Report(mute.Name, 1);
        await held.Reached();
        Processes.Signal(pid, process => process.Freeze());
        held.LetGo();
        JsonElement report = await run;
        Assert.Equal("undone", Text(report, "outcome"));
        Assert.True(OutageOf(report) < Limit, $"libvirt was away for {OutageOf(report)}.");
        Assert.Equal(("running", pid), (await Virsh.State(mute.Name), await mute.Pid()));
        await mute.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task A_keeper_that_hangs_is_ended_and_libvirt_comes_back()
    {
        Guest guest = await Guest.Start("k-guest", Small);
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await using HeldPoint held = await HeldPoint.Set("perform.journaled");
        Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
        await held.Reached();
        // As one that waits for a disk that does not answer: it does nothing, and its limits with it.
        JsonElement report = await run;
        Assert.Equal("undone", Text(report, "outcome"));
        // The keeper cannot tell any more; its journal does.
        Assert.InRange(OutageOf(report), TimeSpan.FromSeconds(6 + 3), Limit + Limit);
        Assert.Empty(Processes.Keepers());
        Assert.Equal(("running", pid), (await Virsh.State(guest.Name), await guest.Pid()));
        await guest.AssertLives(before);
    }

    [Theory(Timeout = 300000)]
    // Before libvirt is asked for jobs, which it cannot tell of this one any more; and when nobody asks again.
    [Variant("prepare.journaled")]
    [InlineData("quiesce.jobs-checked")]
    public async Task A_VM_that_is_not_handed_over_and_answers_nobody_costs_the_others_no_more_than_the_limit(string point)
    {
        Guest honest = await Guest.Start("d-honest", Small);
        GuestStatus well = await honest.Status();
        Guest mute = await Guest.Start("d-mute", Small);
        int pid = await mute.Pid();
        Guid domain = await Virsh.Uuid(mute.Name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await using HeldPoint held = await HeldPoint.Set(point);
        // Past HostViews, which would ask the mute one, too.
        Task<ShellResult> run = Shell.TryRun("sh", "-c", $"virt-handover run {honest.Name} --json");
        await held.Reached();
        // libvirt's daemon waits for an answer of it, and may not end for that when it is asked to.
        await MuteQemu.SilenceAt(mute.Name, "old", "query-name");
        Task<ShellResult> waits = Shell.TryRun("timeout", "60", "virsh", "-q", "qemu-monitor-command", mute.Name, """{"execute":"query-name"}""");
        await Eventually.Until("libvirt waits for the mute one", async () =>
            (await Shell.TryRun("timeout", "1", "virsh", "-q", "qemu-monitor-command", mute.Name, """{"execute":"query-version"}""")).ExitCode != 0);
        var watch = Stopwatch.StartNew();
        held.LetGo();
        ShellResult result = await run;
        // The daemon had to be killed, and its start is not cut short; both count. The honest one has nothing to do with it.
        Assert.True(watch.Elapsed < Limit + Limit, $"It took {watch.Elapsed}.");
        using var json = JsonDocument.Parse(result.Output);
        Assert.Equal("done", Text(json.RootElement.GetProperty("report"), "outcome"));
        await Eventually.Until("libvirt is there", async () => (await Shell.TryRun("timeout", "5", "virsh", "-q", "list")).ExitCode == 0, Limit);
        Assert.Equal("running", await Virsh.State(honest.Name));
        await honest.AssertLives(well);
        Assert.Equal([pid], Processes.Qemus(domain));
        await waits;
    }

    /// <summary>libvirt takes it for shut off, and neither it nor anybody else gets to start it.</summary>
    private static async Task AssertIsNotStartedTwice(Guest guest, Guid domain, IReadOnlyList<int> processes)
    {
        Assert.Equal("shut off", await Virsh.State(guest.Name));
        ShellResult start = await Shell.TryRun("virsh", "-q", "start", guest.Name);
        Assert.NotEqual(0, start.ExitCode);
        Assert.Contains("This VM is not started: it runs as process", start.Error, StringComparison.Ordinal);
        Assert.Equal(processes.Order(), Processes.Qemus(domain).Order());
        // The service has taken the locks of its image by then, whatever its QEMU has done with its own.
        string image = $"/var/lib/libvirt/images/{guest.Name}.qcow2";
        await Eventually.Until("the image is locked", async () => (await Shell.TryRun("qemu-img", "snapshot", "-c", "twice", image)) is { ExitCode: not 0 } refused
            && refused.Error.Contains("lock", StringComparison.Ordinal));
    }

    private static async Task AssertIsSettled(Guid domain)
    {
        Assert.Equal("No VM is out of libvirt's sight.", await Shell.Run(TheService.Program, "settle"));
        Assert.False(File.Exists($"/etc/libvirt/hooks/qemu.d/virt-handover-{domain}"));
        await Eventually.Until("the alarm is gone", async () => !(await TheService.View()).Alarm.Contains($"{domain}", StringComparison.Ordinal));
    }

    private static async Task<string> PassTheGate(TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        ShellResult gate = await Shell.TryRun(TheService.Program, "gate");
        Assert.True(gate.ExitCode == 0, $"The gate ended with {gate.ExitCode}: {gate.Error}");
        Assert.True(watch.Elapsed < limit, $"The gate took {watch.Elapsed}.");
        return gate.Error;
    }

    private static string Text(JsonElement report, string name) => report.GetProperty(name).GetString() ?? "";

    private static TimeSpan OutageOf(JsonElement report)
    {
        JsonElement outage = report.GetProperty("outage_ms");
        Assert.True(outage.ValueKind == JsonValueKind.Number, $"Nobody knows how long libvirt was away: {report}");
        return TimeSpan.FromMilliseconds(outage.GetDouble());
    }
}
