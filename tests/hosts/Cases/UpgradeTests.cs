using System.Text.Json;
using VirtHandover.Logging;
using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>The main job: a real upgrade of the QEMU package, and every VM on the new one. With a canary, as installed.</summary>
public sealed class UpgradeTests : IAsyncLifetime
{
    private readonly DebianHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Theory(Timeout = 300000)]
    [InlineData("shared", "shared")]
    [InlineData("private", "copy")]
    [Trait("Part", "telling")]
    public async Task Mode_ask_waits_for_an_approval_after_apt_upgrade(string ram, string method)
    {
        await Product.Configure("[Handover]\nMaxPause=10s\n");
        Guest guest = await Vm.Start("ask", "--ram", ram);
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();

        await _host.AptUpgrade();
        JsonElement pending = await Product.Until("it is pending", guest.Name, one => Product.Text(one, "state") == "pending");
        Assert.NotEqual(Product.Text(pending, "running_package"), Product.Text(pending, "installed_package"));
        Assert.Equal(pid, await guest.Pid());

        await Product.Run("approve", guest.Name);
        await Product.Done(guest.Name);
        JsonElement report = await Product.LastReport(guest.Name);
        Assert.Equal(("done", method), (Product.Text(report, "outcome"), Product.Text(report, "method")));
        Assert.NotEqual(pid, await guest.Pid());
        Assert.True(await Vm.IsOnInstalled(guest.Name));
        await Vm.Settled(guest.Name);
        await Vm.AssertWhole(guest, before);
        await AssertTold(guest.Name, report.GetProperty("id").GetInt64());
        await Units.AssertNoneFailed();
    }

    /// <summary>What happened to the VM stands in the journal, once, and can be asked for.</summary>
    private static async Task AssertTold(string vm, long handover)
    {
        string uuid = $"VIRT_HANDOVER_UUID={await Virsh.Uuid(vm)}", id = $"VIRT_HANDOVER_ID={handover}";
        Assert.Matches("^An update was noticed: QEMU .+$", await Units.Said($"MESSAGE_ID={MessageKind.UpdateNoticed.Id}"));
        Assert.Equal($"A VM waits for approval: {vm}.", await Units.Said(uuid, $"MESSAGE_ID={MessageKind.VmsPending.Id}"));
        Assert.Equal($"root (uid 0) approved domain {vm}.", await Units.Said(uuid, $"MESSAGE_ID={MessageKind.VmApproved.Id}"));
        Assert.Equal($"Handover {handover} of {vm} starts.", await Units.Said(uuid, id, $"MESSAGE_ID={MessageKind.HandoverStarted.Id}"));
        Assert.Matches(
            $"^Handover {handover} of {vm} ended, done, after .+$",
            await Units.Said(uuid, id, $"MESSAGE_ID={MessageKind.HandoverDone.Id}", $"_SYSTEMD_UNIT={Product.Unit}"));
        Assert.Equal(
            $"The front starts handover {handover} of VM {vm}.",
            await Units.Said($"VIRT_HANDOVER_DOMAIN={vm}", id, $"_SYSTEMD_UNIT={Product.Worker}"));
    }

    /// <summary>
    /// QEMU 10.0.13 of Debian 13 made every virtqueue 1024 entries long, and 11.1.3 of its backports loads no such queue (hw/virtio/virtio.c). That is found
    /// out by the two twins, before the VM is touched, and said to whoever asks for the handover.
    /// </summary>
    [Fact(Timeout = 300000)]
    [Trait("Part", "telling")]
    [Trait("Only", "trixie")]
    public async Task An_upgrade_that_no_VM_can_follow_is_refused_before_any_is_touched()
    {
        Guest guest = await Vm.Start("stays");
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        await _host.AptUpgrade("beyond");
        await Product.Until("it is pending", guest.Name, one => Product.Text(one, "state") == "pending");
        using var refused = JsonDocument.Parse((await Shell.TryRun("virt-handover", "run", guest.Name, "--json")).Output);
        JsonElement report = refused.RootElement.GetProperty("report");
        Assert.Equal("refused", Product.Text(report, "outcome"));
        Assert.Equal(["VQ_SIZE"], report.GetProperty("findings").EnumerateArray()
            .Where(finding => Product.Text(finding, "severity") == "blocker").Select(finding => Product.Text(finding, "code")).Distinct());
        await Product.Until("it is blocked", guest.Name, one => Product.Text(one, "state") == "blocked");
        Assert.Equal(pid, await guest.Pid());
        await Vm.Settled(guest.Name);
        await Vm.AssertWhole(guest, before);
        await Units.AssertNoneFailed();
    }

    [Fact(Timeout = 300000)]
    [Trait("Part", "telling")]
    public async Task Policy_auto_moves_it_after_dpkg_and_nobody_does_anything()
    {
        await Product.Configure("[Service]\nMode=auto\n[Handover]\nMaxPause=10s\n");
        Guest guest = await Vm.Start("auto");
        GuestStatus before = await guest.Status();
        Assert.False(await Units.IsActive(Product.Unit));

        // The trigger of the package wakes the service; nothing here asks it for anything.
        await _host.DpkgInstall();
        await Eventually.Until("it runs on the installed QEMU", () => Vm.IsOnInstalled(guest.Name));
        await Product.Done(guest.Name);
        await Vm.Settled(guest.Name);
        await Vm.AssertWhole(guest, before);
        await Units.AssertNoneFailed();
    }
}
