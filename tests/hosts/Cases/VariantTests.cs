using System.Globalization;
using System.Text.Json;
using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>Hosts that are unlike what a release installs: another bus, another one who upgrades, or one who is not there at all.</summary>
public sealed class VariantTests : IAsyncLifetime
{
    private static readonly string[] s_stranger = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "virt-handover"];

    private readonly DebianHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact(Timeout = 400000)]
    [Trait("Part", "telling")]
    public async Task With_dbus_broker_it_is_as_with_dbus_daemon()
    {
        await BootWithBroker();
        Guest guest = await Vm.Start("broker");
        GuestStatus before = await guest.Status();
        await AssertStrangersOnlyRead("polkit");
        await Shell.Run("systemctl", "stop", Product.Unit);

        await _host.AptUpgrade();
        await Product.Until("it is pending", guest.Name, one => Product.Text(one, "state") == "pending");
        string front = await Units.Property(Product.Unit, "MainPID");
        Assert.Contains($"PID={front}\n", await Shell.Run("busctl", "status", "org.virthandover.Handover1"), StringComparison.Ordinal);
        await MoveByHand(guest, before);
    }

    [Theory(Timeout = 400000)]
    [InlineData("perform.stopped")]
    [InlineData("finish.committed")]
    public async Task A_handover_survives_a_restart_of_dbus_broker(string moment)
    {
        await BootWithBroker();
        Guest guest = await Vm.Start("broker");
        GuestStatus before = await guest.Status();
        await _host.DpkgInstall();
        await using (HeldPoint held = await HeldPoint.Set(moment))
        {
            Task<ShellResult> run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
            await held.Reached();
            await Shell.Run("systemctl", "restart", "dbus");
            held.LetGo();
            await run;
        }

        // Such a restart costs logind and machined their names; sid's libvirtd waits for the bus to give them up, more than once, before it answers.
        await Vm.Settled(guest.Name, TimeSpan.FromMinutes(3));
        await Product.Until("the service answers", guest.Name, one => Product.Text(one, "state") is not "running");
        await Units.BringLogindBack();
        await Vm.AssertWhole(guest, before);
        JsonElement next = await Product.Run("run", guest.Name);
        Assert.Equal("done", Product.Text(next.GetProperty("report"), "outcome"));
        await Vm.AssertWhole(guest, before);
        await Units.AssertNoneFailed();
    }

    [Fact(Timeout = 400000)]
    public async Task With_dbus_broker_and_a_polkit_that_may_not_start_root_does_what_it_wants()
    {
        await Shell.Run("systemctl", "mask", "polkit.service");
        await BootWithBroker();
        await AssertStrangersOnlyRead("because polkit does not run on this host");
        await MoveByRoot();
    }

    [Fact(Timeout = 400000)]
    public async Task Unattended_upgrades_leaves_a_VM_to_its_administrator()
    {
        await InstallUnattended();
        Guest guest = await Vm.Start("unattended");
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();

        string said = await Shell.Run("unattended-upgrade", "-v");
        Assert.True(await DebianHost.VersionOnDisk() != _host.OldVersion, said);
        await Product.Until("it is pending", guest.Name, one => Product.Text(one, "state") == "pending");
        Assert.Equal(pid, await guest.Pid());
        await MoveByHand(guest, before);
    }

    /// <summary>As in the night: by the unit that the timer starts. It works in many small transactions of dpkg, and the VM waits for the last of them.</summary>
    [Fact(Timeout = 400000)]
    [Trait("Part", "telling")]
    public async Task Unattended_upgrades_ends_and_policy_auto_moves_the_VM()
    {
        await InstallUnattended();
        await Product.Configure("[Service]\nMode=auto\n[Handover]\nCanary=no\nMaxPause=10s\n");
        Guest guest = await Vm.Start("unattended");
        GuestStatus before = await guest.Status();
        Assert.False(await Units.IsActive(Product.Unit));

        await Shell.Run("systemctl", "start", "apt-daily-upgrade.service");
        Assert.True(await DebianHost.VersionOnDisk() != _host.OldVersion, await Shell.Run("cat", "/var/log/unattended-upgrades/unattended-upgrades.log"));
        await Eventually.Until("it runs on the installed QEMU", () => Vm.IsOnInstalled(guest.Name));
        await Product.Done(guest.Name);
        JsonElement report = await Product.LastReport(guest.Name);
        string last = await Shell.Run("tail", "-n", "1", "/var/log/dpkg.log");
        Assert.True(
            report.GetProperty("started_at").GetDateTimeOffset() >= DateTimeOffset.Parse(last[..19], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            $"{report} began before dpkg's {last}");
        await Vm.Settled(guest.Name);
        await Vm.AssertWhole(guest, before);
        await Units.AssertNoneFailed();
    }

    [Fact(Timeout = 400000)]
    public async Task Without_polkit_root_does_what_it_wants()
    {
        await Shell.Run("dpkg", "--purge", "--force-depends", "polkitd");
        Assert.NotEqual(0, (await Shell.TryRun("systemctl", "cat", "polkit.service")).ExitCode);
        await AssertStrangersOnlyRead("because polkit does not run on this host");
        await MoveByRoot();
    }

    [Fact(Timeout = 400000)]
    public async Task Without_machined_root_does_what_it_wants()
    {
        await Shell.Run("dpkg", "--purge", "--force-depends", "systemd-container");
        // One that runs outlives its package.
        await Shell.TryRun("systemctl", "stop", "systemd-machined");
        string[] ping = ["call", "org.freedesktop.machine1", "/org/freedesktop/machine1", "org.freedesktop.DBus.Peer", "Ping"];
        Assert.NotEqual(0, (await Shell.TryRun("busctl", ping)).ExitCode);
        await MoveByRoot();
    }

    /// <summary>It takes the bus over with the next boot, as on a host where an administrator has installed it.</summary>
    private async Task BootWithBroker()
    {
        await Shell.Run("sh", "-c", "apt-get -qq --yes install /srv/variants/dbus-broker/*.deb");
        await _host.Reboot();
        Assert.Equal("dbus-broker.service", await Units.Property("dbus.service", "Id"));
        Assert.True(await Units.IsActive("dbus-broker.service"));
        Assert.Equal("", (await Shell.TryRun("pgrep", "--exact", "dbus-daemon")).Output);
    }

    /// <summary>Allowed to take from the newer repository, by its origin.</summary>
    private static async Task InstallUnattended()
    {
        await Shell.Run("sh", "-c", "apt-get -qq --yes install /srv/variants/unattended-upgrades/*.deb");
        await File.WriteAllTextAsync(
            Reach.File("/etc/apt/apt.conf.d/60bed"),
            "APT::Periodic::Unattended-Upgrade \"1\";\nUnattended-Upgrade::Origins-Pattern { \"origin=bed,archive=newer\"; };\n");
        await Shell.Run("cp", "/etc/apt/newer.list", "/etc/apt/sources.list.d/");
        await Shell.Run("apt-get", "-qq", "update");
    }

    private static async Task AssertStrangersOnlyRead(string because)
    {
        // What polkit is not asked about, and what it is.
        foreach (string read in new[] { "list", "history" })
        {
            ShellResult said = await Shell.TryRun("setpriv", [.. s_stranger, read]);
            Assert.True(said.ExitCode == 0, said.Output + said.Error);
        }

        ShellResult refused = await Shell.TryRun("setpriv", [.. s_stranger, "queue", "pause", "by a stranger"]);
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains(because, refused.Error, StringComparison.Ordinal);
        Assert.Equal("", Product.Text(await Product.Run("queue", "status"), "reason"));
    }

    /// <summary>Every kind of decision, and a handover.</summary>
    private async Task MoveByRoot()
    {
        Guest guest = await Vm.Start("root");
        GuestStatus before = await guest.Status();
        await _host.DpkgInstall();
        await Product.Until("it is pending", guest.Name, one => Product.Text(one, "state") == "pending");
        await Product.Run("queue", "pause", "by root");
        await Product.Run("defer", guest.Name, "--until", "+2h");
        await Product.Run("queue", "resume");
        await MoveByHand(guest, before);
    }

    private static async Task MoveByHand(Guest guest, GuestStatus before)
    {
        int pid = await guest.Pid();
        await Product.Run("approve", guest.Name);
        await Product.Done(guest.Name);
        Assert.Equal("done", Product.Text(await Product.LastReport(guest.Name), "outcome"));
        Assert.NotEqual(pid, await guest.Pid());
        Assert.True(await Vm.IsOnInstalled(guest.Name));
        await Vm.Settled(guest.Name);
        await Vm.AssertWhole(guest, before);
        await Units.AssertNoneFailed();
    }
}
