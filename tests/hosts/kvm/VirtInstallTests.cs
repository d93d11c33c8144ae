using VirtHandover.Tests.Integration.Host;
using Xunit.Abstractions;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>VMs straight out of <c>virt-install --import</c>, with the defaults of the release.</summary>
[Collection(KvmHostCollection.Name)]
public sealed class VirtInstallTests(KvmHost host, ITestOutputHelper output)
{
    [Fact]
    [Uses(Fleet.Installed)]
    public Task Out_of_virt_install_with_SPICE_and_USB_redirection_is_refused_for_both_before_anything_is_touched() =>
        // The channels of both are refused beside them.
        IsRefused(Fleet.Installed, "SPICE_TCP", "USBREDIR", "CHARDEV");

    [Fact]
    [Uses(Fleet.InstalledVnc)]
    public async Task Out_of_virt_install_with_VNC()
    {
        KvmVm vm = await host.Use(Fleet.InstalledVnc);
        string xml = await vm.Xml(host);
        GuestStatus before = await vm.Status(host);
        HandedOver handed = await vm.HandOver(host);
        await vm.AssertLives(host, before);
        Assert.True(await vm.IsOnNewQemu(host));
        Assert.Equal(xml, await vm.Xml(host));
        output.WriteLine($"{handed.Method}: stood still {handed.StoodStill.TotalMilliseconds:0} ms");
    }

    private async Task IsRefused(string name, params string[] codes)
    {
        KvmVm vm = await host.Use(name);
        int pid = await vm.Pid(host);
        GuestStatus before = await vm.Status(host);
        HandedOver handed = await vm.HandOver(host, "refused");
        Assert.Equal(codes.ToHashSet(), handed.Codes.ToHashSet());
        Assert.Equal((pid, "running"), (await vm.Pid(host), await vm.State(host)));
        await vm.AssertLives(host, before);
        output.WriteLine("refused: " + string.Join(", ", handed.Codes.Distinct()));
    }
}
