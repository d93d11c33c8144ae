using VirtHandover.Qemu;
using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>A look at a VM harms it on no QEMU: not on the one that the host came with, nor on the one that an upgrade brings.</summary>
public sealed class LookingTests(DebianHost host) : IClassFixture<DebianHost>
{
    private const int Looks = 100;

    /// <summary>libvirt's part for QEMU, by whatever name of the architecture the release has it.</summary>
    private const string Driver = "/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so";

    [Fact(Timeout = 120000)]
    [Trait("Part", "telling")]
    public async Task This_release_s_libvirt_has_every_command_that_a_running_VM_is_sent()
    {
        foreach (SourceCommand command in SourceCommands.All)
        {
            ShellResult found = await Shell.TryRun("sh", "-c", $"grep --quiet --text --perl-regexp '{command.Name}\\x00' {Driver}");
            Assert.True(found.ExitCode == 0, $"libvirt's part for QEMU in this release has no '{command.Name}': {found.Error}");
        }
    }

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
