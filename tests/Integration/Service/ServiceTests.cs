using System.Globalization;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;

namespace VirtHandover.Tests.Integration.Service;

/// <summary>The service on a real host: real libvirt, real dnf, real QEMU, started by D-Bus.</summary>
public sealed class ServiceTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    /// <summary>How long a guest may pause is not what is asked here, and the machine may be busy.</summary>
    private const string Patient = "[Handover]\nMaxPause=10s\n";

    public async Task InitializeAsync()
    {
        await TheService.Reset(Patient);
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 300000)]
    public async Task A_restart_keeps_the_queue_and_an_approval_leads_to_the_new_version()
    {
        Guest guest = await Guest.Start("svc-a", "--ram", "shared", "--mem", "16", "--memory", "128");
        GuestStatus before = await guest.Status();
        await TheService.Until("it is shown", guest.Name, domain => domain.State == "current" && domain.RunningVersion == host.OldVersion);

        await LabHost.Dnf("upgrade", "qemu-kvm");
        DomainView pending = await TheService.Until("it is pending", guest.Name, domain => domain.State == "pending");
        Assert.Equal((host.OldVersion, host.NewVersion, "shared"), (pending.RunningVersion, pending.InstalledVersion, pending.Method));

        // A file that is replaced by itself makes nobody outdated twice, and nothing starts without an approval.
        var until = DateTimeOffset.FromUnixTimeSeconds(4_000_000_000);
        var microseconds = (until.ToUnixTimeSeconds() * 1_000_000).ToString(CultureInfo.InvariantCulture);
        Assert.Equal(0, (await TheService.Call(pending.Uuid, "Defer", "ta{sv}", microseconds, "0")).ExitCode);
        await TheService.Stop();
        DomainView deferred = TheService.Find(await TheService.View(), guest.Name)!;
        Assert.Equal(("deferred", until), (deferred.State, deferred.DeferredUntil));

        Assert.Equal(0, (await TheService.Call(pending.Uuid, "Approve", "a{sv}", "0")).ExitCode);
        DomainView done = await TheService.Until("its handover has ended", guest.Name, domain => domain.State is "done" or "failed");
        Assert.True(done.State == "done", done.LastSentence);
        Assert.Equal(host.NewVersion, done.RunningVersion);
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        Assert.True(done.LastPauseMicroseconds > 0);
        await guest.AssertLives(before);

        // Approving what is current is refused with a sentence, and says so to a script.
        ShellResult again = await TheService.Call(pending.Uuid, "Approve", "a{sv}", "0");
        Assert.NotEqual(0, again.ExitCode);
        Assert.Contains("it already runs on the installed QEMU", again.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300000)]
    public async Task Mode_auto_needs_nobody()
    {
        await TheService.Reset(Patient + "[Service]\nMode=auto\n");
        Guest guest = await Guest.Start("svc-auto", "--ram", "shared", "--mem", "16", "--memory", "128");
        GuestStatus before = await guest.Status();
        Assert.Equal("auto", (await TheService.View()).Mode);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        DomainView done = await TheService.Until("its handover has ended", guest.Name, domain => domain.State is "done" or "failed");
        Assert.True(done.State == "done", done.LastSentence);
        await guest.AssertLives(before);
        await using var client = new HandoverServiceClient();
        HandoverReport report = Assert.Single(await client.HistoryAsync(new HistoryQuery(done.Uuid, 10), CancellationToken.None));
        Assert.Equal((host.OldVersion, host.NewVersion), (report.From?.Version, report.To?.Version));
    }

    [Fact(Timeout = 300000)]
    public async Task Several_that_are_approved_at_once_are_all_handed_over()
    {
        string[] names = ["many-a", "many-b", "many-c", "many-d"];
        foreach (string name in names)
            await SmallGuest.Start(name, "--ram", "shared");
        await TheService.Until("all are shown", names[^1], domain => domain.State == "current");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (string name in names)
            await TheService.Until("it is pending", name, domain => domain.State == "pending");
        await Shell.Run("virt-handover", "approve", "--all", "--yes");
        // libvirt is away and back again while the others wait: that must not cost them their approval.
        foreach (string name in names)
        {
            DomainView end = await TheService.Until("it has ended", name, domain => domain.State is "done" or "failed" or "blocked");
            Assert.True(end.State == "done", $"{end.State}: {end.LastSentence} {string.Join(' ', end.Findings.Select(finding => finding.Sentence))}");
            Assert.Equal("running", await Virsh.State(name));
        }
    }

    [Fact(Timeout = 300000)]
    public async Task What_starts_and_ends_right_after_a_handover_is_seen()
    {
        SmallGuest first = await SmallGuest.Start("svc-first", "--ram", "shared");
        await TheService.Until("it is shown", first.Name, domain => domain.State == "current");
        await Shell.Run("virt-handover", "run", first.Name);
        // The scans that libvirt's absence has led to are over (each comes two seconds after its reason), and the next one without a reason is ten minutes away.
        await Eventually.Until("it looks no more", async () => TimeProvider.System.GetUtcNow() - (await TheService.View()).LastScan > TimeSpan.FromSeconds(6));
        await Virsh.Run("destroy", first.Name);
        SmallGuest second = await SmallGuest.Start("svc-second", "--ram", "shared");
        await TheService.Until("it is shown", second.Name, domain => domain.State == "current");
        Assert.Null(TheService.Find(await TheService.View(), first.Name));
    }

    [Fact(Timeout = 300000)]
    public async Task What_was_started_a_moment_ago_can_be_rehearsed()
    {
        await TheService.View();
        SmallGuest guest = await SmallGuest.Start("svc-new", "--ram", "shared");
        ShellResult rehearsal = await Shell.TryRun("virt-handover", "rehearse", guest.Name);
        Assert.True(rehearsal.ExitCode == 0, rehearsal.Output + rehearsal.Error);
    }

    [Theory(Timeout = 300000)]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task A_service_that_ends_during_a_handover_finds_its_result_later(string signal)
    {
        Guest guest = await Guest.Start("svc-kill", "--ram", "shared", "--mem", "16", "--memory", "128");
        GuestStatus before = await guest.Status();
        await TheService.View();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        DomainView pending = await TheService.Until("it is pending", guest.Name, domain => domain.State == "pending");
        Assert.Equal(0, (await TheService.Call(pending.Uuid, "Approve", "a{sv}", "0")).ExitCode);
        await TheService.Until("its handover runs", guest.Name, domain => domain.State is "running" or "done" or "failed");
        await TheService.Stop(signal);

        DomainView done = await TheService.Until("its handover has ended", guest.Name, domain => domain.State is "done" or "failed");
        Assert.True(done.State == "done", done.LastSentence);
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        await guest.AssertLives(before);
        await using var client = new HandoverServiceClient();
        Assert.Equal(HandoverOutcome.Done, Assert.Single(await client.HistoryAsync(new HistoryQuery(done.Uuid, 10), CancellationToken.None)).Outcome);
    }

    [Fact(Timeout = 300000)]
    public async Task Without_libvirt_it_says_so_and_goes_on_when_it_is_back()
    {
        SmallGuest guest = await SmallGuest.Start("svc-none");
        await TheService.Until("it is shown", guest.Name, domain => domain.State == "current");
        await Daemon.Stop();
        try
        {
            await using var client = new HandoverServiceClient();
            await client.RescanAsync(CancellationToken.None);
            await Eventually.Until(
                "the alarm", async () => (await TheService.View()).Alarm.Contains("libvirt cannot be reached", StringComparison.Ordinal));
            Assert.NotNull(TheService.Find(await TheService.View(), guest.Name));
        }
        finally
        {
            await Daemon.Start();
        }

        await Eventually.Until("the alarm's end", async () => (await TheService.View()).Alarm.Length == 0, TimeSpan.FromSeconds(120));
        // A destroy that comes while the daemon is still about to find the VM again fails: this waits for that.
        await Shell.Run("virsh", "-q", "qemu-monitor-command", guest.Name, """{"execute":"query-status"}""");
        await Shell.Run("virsh", "destroy", guest.Name);
        await Eventually.Until("the domain's leaving", async () => TheService.Find(await TheService.View(), guest.Name) is null);
    }

    [Fact(Timeout = 120000)]
    public async Task Only_root_may_run_it_or_change_anything()
    {
        SmallGuest guest = await SmallGuest.Start("svc-user");
        await TheService.Until("it is shown", guest.Name, domain => domain.State == "current");
        ShellResult service = await Shell.TryRun("setpriv", "--reuid", "65534", "--clear-groups", TheService.Program);
        Assert.Equal((77, "<3>virt-handoverd must run as root or as user virt-handover: its worker looks into the QEMU processes and stops and starts the libvirt daemon."), (service.ExitCode, service.Error.Trim()));
        ShellResult approve = await Shell.TryRun(
            "setpriv", "--reuid", "65534", "--clear-groups",
            "busctl", "call", "org.virthandover.Handover1", TheService.PathOf(guest.Uuid), "org.virthandover.Handover1.Domain", "Approve", "a{sv}", "0");
        Assert.NotEqual(0, approve.ExitCode);
        Assert.Contains("Access denied", approve.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120000)]
    public async Task What_keeps_it_from_starting_is_one_sentence_and_a_fixed_exit_code()
    {
        await TheService.Reset("[Service]\nMode=perhaps\n");
        ShellResult malformed = await Shell.TryRun(TheService.Program);
        Assert.Equal(
            (78, $"<3>{TheService.Configuration}, line 2: Mode=perhaps is not valid; Mode is ask, auto or never."),
            (malformed.ExitCode, malformed.Error.Trim()));

        await TheService.Reset();
        ShellResult alone = await Shell.TryRun("env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere", TheService.Program);
        Assert.Equal(69, alone.ExitCode);
        Assert.Contains("there is no D-Bus system bus", alone.Error, StringComparison.Ordinal);

        await TheService.Reset();
        // As a release left it that kept it as root's: it is taken over, damaged as it is.
        Directory.CreateDirectory("/var/lib/virt-handover");
        await File.WriteAllTextAsync("/var/lib/virt-handover/virt-handover.db", new string('x', 5000));
        ShellResult damaged = await Shell.TryRun(TheService.Program);
        Assert.Equal(74, damaged.ExitCode);
        Assert.Contains("/var/lib/virt-handover/queue/virt-handover.db is damaged", damaged.Error, StringComparison.Ordinal);
    }
}
