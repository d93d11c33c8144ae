using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>A look at a VM harms it on no QEMU: not on the one that the host came with, nor on the one that an upgrade brings.</summary>
public sealed class LookingTests(DebianHost host) : IClassFixture<DebianHost>
{
    private const int Looks = 100;

    [Fact(Timeout = 600000)]
    public async Task A_hundred_looks_leave_a_VM_alive_on_either_QEMU()
    {
        Guest old = await Vm.Start("look-old");
        GuestStatus oldBefore = await old.Status();
        await host.DpkgInstall();
        Guest current = await Vm.Start("look-new");
        GuestStatus currentBefore = await current.Status();
        Assert.False(await Vm.IsOnInstalled(old.Name));
        Assert.True(await Vm.IsOnInstalled(current.Name));
        (int oldPid, int currentPid) = (await old.Pid(), await current.Pid());

        for (int look = 0; look < Looks; look++)
            Assert.Equal(2, (await Product.Run("list", "--readiness")).GetProperty("domains").GetArrayLength());

        Assert.Equal((oldPid, currentPid), (await old.Pid(), await current.Pid()));
        await Vm.AssertWhole(old, oldBefore);
        await Vm.AssertWhole(current, currentBefore);
    }
}
