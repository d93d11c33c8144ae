using VirtHandover.Tests.Integration.Host;
using Xunit.Abstractions;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>VMs straight out of <c>virt-install --import</c>, with the defaults of the release.</summary>
[Collection(KvmHostCollection.Name)]
public sealed class VirtInstallTests(KvmHost host, ITestOutputHelper output)
{
    [Fact]
    [Uses(Fleet.Installed)]
    public Task Out_of_virt_install_with_SPICE_and_USB_redirection() => IsCarried(Fleet.Installed);

    [Fact]
    [Uses(Fleet.InstalledVnc)]
    public Task Out_of_virt_install_with_VNC() => IsCarried(Fleet.InstalledVnc);

    private async Task IsCarried(string name)
    {
        KvmVm vm = await host.Use(name);
        string xml = await vm.Xml(host);
        GuestStatus before = await vm.Status(host);
        HandedOver handed = await vm.HandOver(host);
        await vm.AssertLives(host, before);
        Assert.True(await vm.IsOnNewQemu(host));
        Assert.Equal(xml, await vm.Xml(host));
        output.WriteLine($"{handed.Method}: stood still {handed.StoodStill.TotalMilliseconds:0} ms");
    }
}
