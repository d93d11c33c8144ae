using System.Text.Json;
using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>What else of the host hangs on libvirt: units that require it, units that are bound to it, and its own shutdown.</summary>
public sealed class NeighbourTests : IAsyncLifetime
{
    private const string Unit = "neighbour.service";
    private const string Stopped = "/run/neighbour-stopped";
    private readonly DebianHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    /// <summary>As agents of clouds do, and home-made units that start a VM and shut it down in <c>ExecStop=</c>.</summary>
    [Theory(Timeout = 300000)]
    [InlineData("Requires=libvirtd.service")]
    [InlineData("PartOf=libvirtd.service")]
    [InlineData("Requires=libvirtd.socket")]
    [Trait("Part", "telling")]
    public async Task A_unit_that_needs_libvirt_is_not_stopped_with_it(string needs)
    {
        Guest guest = await Vm.Start("needed");
        GuestStatus before = await guest.Status();
        await StartNeighbour(needs);
        await _host.DpkgInstall();
        JsonElement run = await Product.Run("run", guest.Name);
        Assert.Equal("done", Product.Text(run.GetProperty("report"), "outcome"));
        Assert.True(await Units.IsActive(Unit));
        Assert.False(File.Exists(Reach.File(Stopped)));
        await Vm.AssertWhole(guest, before);
        await Units.AssertNoneFailed();
    }

    [Fact(Timeout = 300000)]
    public async Task While_a_unit_is_bound_to_libvirt_no_VM_is_handed_over()
    {
        Guest guest = await Vm.Start("bound");
        GuestStatus before = await guest.Status();
        await StartNeighbour("BindsTo=libvirtd.service");
        await _host.DpkgInstall();
        ShellResult refused = await Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        Assert.Contains($"{Unit} is bound to libvirtd.service", refused.Output, StringComparison.Ordinal);
        Assert.True(await Units.IsActive(Unit));
        Assert.False(await Vm.IsOnInstalled(guest.Name));
        await Shell.Run("systemctl", "stop", Unit);
        JsonElement run = await Product.Run("run", guest.Name);
        Assert.Equal("done", Product.Text(run.GetProperty("report"), "outcome"));
        await Vm.AssertWhole(guest, before);
    }

    /// <summary>systemd would not start libvirt again, and what shuts the VMs down in an orderly way would not reach them.</summary>
    [Fact(Timeout = 300000)]
    public async Task Libvirt_is_not_stopped_once_the_host_goes_down()
    {
        Guest guest = await Vm.Start("last");
        // Ends before libvirt, the VM and what would shut that down, and takes as long as VMs do that are shut down one after the other.
        string scope = (await File.ReadAllTextAsync(Reach.File($"/proc/{await guest.Pid()}/cgroup"))).Split('/').Select(part => part.Trim())
            .First(part => part.EndsWith(".scope", StringComparison.Ordinal) || part.EndsWith(".service", StringComparison.Ordinal));
        await StartNeighbour($"Requires=libvirtd.service\nAfter=libvirt-guests.service {scope}", "/bin/sh -c 'until test -e /run/let-go; do sleep 0.1; done'", "TimeoutStopSec=120");
        await _host.DpkgInstall();
        string libvirt = await Units.Property("libvirtd.service", "MainPID");
        await using (HeldPoint held = await HeldPoint.Set("prepare.proven"))
        {
            Task<ShellResult> run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
            await held.Reached();
            await Shell.Run("systemctl", "--no-block", "poweroff");
            await Eventually.Until("the host goes down", async () => (await Shell.TryRun("systemctl", "is-system-running")).Output.Trim() == "stopping");
            held.LetGo();
            await run;
            await Eventually.Until("no handover is left", async () => (await Shell.TryRun("pgrep", "-f", "virt-handoverd keeper")).Output.Length == 0);
        }

        Assert.Equal(libvirt, await Units.Property("libvirtd.service", "MainPID"));
        Assert.Equal("running", await Virsh.State(guest.Name));
        Assert.False(await Vm.IsOnInstalled(guest.Name));
        await Shell.Run("touch", "/run/let-go");
    }

    private static async Task StartNeighbour(string needs, string stop = $"/bin/touch {Stopped}", string more = "")
    {
        await File.WriteAllTextAsync(
            Reach.File($"/etc/systemd/system/{Unit}"),
            $"[Unit]\n{needs}\nAfter=libvirtd.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStop={stop}\n{more}\n");
        await Shell.Run("systemctl", "daemon-reload");
        await Shell.Run("systemctl", "start", Unit);
    }
}
