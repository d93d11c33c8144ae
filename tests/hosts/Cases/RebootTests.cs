using System.Text.Json;
using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>The host is rebooted while something is left to do.</summary>
public sealed class RebootTests : IAsyncLifetime
{
    private readonly DebianHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact(Timeout = 400000)]
    [Trait("Part", "telling")]
    public async Task An_unfinished_queue_ends_with_the_VMs_that_it_was_about()
    {
        await Shell.Run("systemctl", "-q", "enable", Product.Unit);
        Guest approved = await Vm.Start("approved", "--ip", "10.77.0.21");
        await Vm.Start("deferred");
        await Virsh.Run("autostart", approved.Name);
        await _host.AptUpgrade();
        foreach (string name in new[] { "approved", "deferred" })
            await Product.Until("it is pending", name, one => Product.Text(one, "state") == "pending");
        await Product.Run("queue", "pause", "the host is about to be rebooted");
        await Product.Run("approve", "approved");
        await Product.Run("defer", "deferred", "--until", "+2h");

        await _host.Reboot();

        // Started anew on the new QEMU: there is nothing left to do for it, and the other one does not run.
        await Product.Until("it is current", "approved", one => Product.Text(one, "state") == "current");
        JsonElement list = await Product.List();
        Assert.Equal("paused", Product.Text(list, "queue_state"));
        Assert.Equal(JsonValueKind.Null, list.GetProperty("alarm").ValueKind);
        Assert.Single(list.GetProperty("domains").EnumerateArray());
        Assert.True(await Vm.IsOnInstalled("approved"));
        GuestStatus before = await approved.Status();
        await Product.Run("queue", "resume");
        await Product.Run("run", "approved");
        await Vm.AssertWhole(approved, before);
        await Units.AssertNoneFailed();
    }

    [Theory(Timeout = 400000)]
    [InlineData("prepare.proven")]
    [InlineData("perform.moved")]
    [InlineData("finish.committed")]
    [InlineData("confirm.status-written")]
    public async Task A_loss_of_power_in_a_handover_leaves_a_VM_that_can_be_started(string moment)
    {
        await Shell.Run("systemctl", "-q", "enable", Product.Unit);
        Guest guest = await Vm.Start("cut", "--ip", "10.77.0.22");
        await _host.AptUpgrade();
        await Product.Until("it is pending", guest.Name, one => Product.Text(one, "state") == "pending");
        await using (HeldPoint held = await HeldPoint.Set(moment))
        {
            await Product.Run("approve", guest.Name);
            await held.Reached();
            // Twice: nothing is stopped nor written, as when the power goes.
            await _host.Reboot("--force", "--force");
        }

        await Eventually.Until("libvirt answers", async () => (await Shell.TryRun("virsh", "domstate", guest.Name)).Output.Trim() == "shut off");
        await Virsh.Run("start", guest.Name);
        GuestStatus before = await guest.Status();
        await Product.Until("it is current", guest.Name, one => Product.Text(one, "state") == "current");
        Assert.Equal(JsonValueKind.Null, (await Product.List()).GetProperty("alarm").ValueKind);
        await Product.Run("run", guest.Name);
        await Vm.AssertWhole(guest, before);
        await Units.AssertNoneFailed();
    }
}
