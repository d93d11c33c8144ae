using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>The product is upgraded and removed while VMs are between their two QEMUs: their handover comes to its end, whatever the package manager does.</summary>
public sealed class RemovalTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Gate = "/usr/lib/systemd/system/libvirtd.service.d/virt-handover.conf";

    public Task InitializeAsync() => host.Reset();

    public Task DisposeAsync() => TheService.Stop();

    [Theory(Timeout = 300_000)]
    [InlineData("deb")]
    [InlineData("rpm")]
    public async Task A_removal_waits_for_a_handover_that_is_under_way(string kind)
    {
        var product = await InstalledProduct.Install(kind);
        var (guest, before) = await Outdated($"away-{kind}");
        await using var held = await HeldPoint.Set("quiesce.rechecked");
        var run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        await held.Reached();

        var removal = product.Remove();
        await Eventually.Until("the removal waits", async () => (await Shell.TryRun("pgrep", "-f", "^/usr/libexec/virt-handover/virt-handoverd retire$")).ExitCode == 0);
        // The gate is still there, and so is the program that it calls.
        Assert.False(removal.IsCompleted);
        Assert.True(File.Exists(TheService.Program) && File.Exists(Gate));
        held.LetGo();

        Assert.True((await removal).ExitCode == 0, await File.ReadAllTextAsync(InstalledProduct.Said));
        // Whoever waits on the command line is cut off: the bus's policy goes with the package.
        await run;
        // dnf keeps what a script says until its end.
        Assert.Contains($"VM {guest.Name} has not ended", await File.ReadAllTextAsync(InstalledProduct.Said), StringComparison.Ordinal);
        Assert.False(File.Exists(TheService.Program) || File.Exists(Gate) || await product.IsInstalled());
        await AssertWhole(guest, before, host.NewVersion);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_removal_ends_a_handover_whose_keeper_is_dead()
    {
        var product = await InstalledProduct.Install("deb");
        var (guest, before) = await Outdated("away-dead");
        await using var held = await HeldPoint.Set("perform.stopped");
        var run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        await held.Reached();
        // The guest stands still, libvirt is away, and nobody is left to end that.
        await TheService.Stop("KILL");
        Processes.Kill(Assert.Single(Processes.Keepers()));
        held.LetGo();
        await run;

        Assert.True((await product.Remove()).ExitCode == 0, await File.ReadAllTextAsync(InstalledProduct.Said));
        await AssertWhole(guest, before, host.OldVersion);
    }

    [Theory(Timeout = 300_000)]
    [InlineData("deb")]
    [InlineData("rpm")]
    public async Task A_removal_is_refused_while_it_cannot_be_told_what_is_under_way_and_takes_approvals_back_otherwise(string kind)
    {
        var product = await InstalledProduct.Install(kind);
        var (guest, _) = await Outdated($"refuse-{kind}");
        await Shell.Run("virt-handover", "queue", "pause", "a test");
        var domain = await TheService.Until("it is pending", guest.Name, one => one.State == "pending");
        Assert.Equal(0, (await TheService.Call(domain.Uuid, "Approve", "a{sv}", "0")).ExitCode);
        await TheService.Stop();

        // Whoever reads this one gets an error of the disk.
        const string Unreadable = TheService.State + "/journal/4711.journal";
        Directory.CreateDirectory(Path.GetDirectoryName(Unreadable)!);
        File.CreateSymbolicLink(Unreadable, "/proc/self/mem");
        await product.Remove();
        Assert.Contains("virt-handover is not removed", await File.ReadAllTextAsync(InstalledProduct.Said), StringComparison.Ordinal);
        Assert.True(File.Exists(TheService.Program) && File.Exists(Gate) && await product.IsInstalled());

        File.Delete(Unreadable);
        Assert.True((await product.Remove()).ExitCode == 0, await File.ReadAllTextAsync(InstalledProduct.Said));
        Assert.Contains($"the approval is taken back: {guest.Name}.", await File.ReadAllTextAsync(InstalledProduct.Said), StringComparison.Ordinal);
        Assert.Equal(("running", host.OldVersion), (await Virsh.State(guest.Name), await guest.RunningVersion()));

        // Whoever installs it again finds the queue and its history, but nothing that starts by itself.
        await InstalledProduct.Install(kind);
        await TheService.Until("it is pending again", guest.Name, one => one.State == "pending");
    }

    [Theory(Timeout = 300_000)]
    [InlineData("deb")]
    [InlineData("rpm")]
    public async Task An_upgrade_of_the_product_disturbs_no_handover_and_the_service_makes_way_when_it_may(string kind)
    {
        var product = await InstalledProduct.Install(kind);
        var later = await product.Build(2);
        var (guest, before) = await Outdated($"upgraded-{kind}");
        await using var held = await HeldPoint.Set("quiesce.rechecked");
        var run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        await held.Reached();
        var old = await TheService.Pid();

        await product.Upgrade(later);
        Assert.EndsWith("+2", await product.Version(), StringComparison.Ordinal);
        Assert.Equal((old, true), (await TheService.Pid(), (await Executable(old!)).EndsWith("(deleted)", StringComparison.Ordinal)));
        held.LetGo();
        var ended = await run;
        Assert.True(ended.ExitCode == 0, ended.Output + ended.Error);
        await AssertWhole(guest, before, host.NewVersion);

        // The next one is done by the old service with a keeper of its own build, or already by the new one.
        await Eventually.Until("the next handover succeeds", async () => (await Shell.TryRun("virt-handover", "run", guest.Name, "--json")).ExitCode == 0);
        await AssertWhole(guest, before, host.NewVersion);

        // Without systemd somebody's call starts the new one.
        await Eventually.Until("the old service has ended", async () => await TheService.Pid() != old);
        await TheService.View();
        Assert.Equal(TheService.Program, await Executable((await TheService.Pid())!));
    }

    private static async Task<string> Executable(string pid) => (await Shell.Run("readlink", $"/proc/{pid}/exe")).Trim();

    /// <summary>A guest that runs on the old QEMU while the new one is installed.</summary>
    private static async Task<(Guest Guest, GuestStatus Status)> Outdated(string name)
    {
        // Long enough to be held in it.
        await TheService.Reset("[Handover]\nMaxPause=1min\n");
        var guest = await Guest.Start(name, "--ram", "shared", "--mem", "16", "--memory", "128");
        var status = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await TheService.Until("it is pending", name, domain => domain.State == "pending");
        return (guest, status);
    }

    private static async Task AssertWhole(Guest guest, GuestStatus before, string version)
    {
        await Eventually.Until("libvirt manages it", async () => (await Shell.TryRun("virsh", "domstate", guest.Name)).Output.Trim() == "running");
        Assert.Equal(version, await guest.RunningVersion());
        Assert.Single(Processes.Qemus(await Virsh.Uuid(guest.Name)));
        await guest.AssertLives(before);
    }
}
