using VirtHandover.Tests.Integration.Host;
using Xunit.Abstractions;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>VMs as libvirt makes them on a host with KVM and AppArmor, through a real upgrade of the host's QEMU package.</summary>
[Collection(KvmHostCollection.Name)]
public sealed class DefaultVmTests(KvmHost host, ITestOutputHelper output)
{
    [Fact]
    [Uses(Fleet.Passthrough)]
    public async Task Private_memory_host_passthrough_and_hyperv_by_copy_and_then_shared()
    {
        await GoesOver(Fleet.Passthrough, "copy");
        // Its memory lies in a file of ours now: the next one copies nothing.
        await GoesOver(Fleet.Passthrough, "shared", again: true);
    }

    [Fact]
    [Uses(Fleet.HostModel)]
    public Task Private_memory_and_host_model_by_copy() => GoesOver(Fleet.HostModel, "copy");

    [Fact]
    [Uses(Fleet.SharedFile)]
    public Task Shared_file_memory() => GoesOver(Fleet.SharedFile, "shared");

    [Fact]
    [Uses(Fleet.Memfd)]
    public Task Memfd_memory() => GoesOver(Fleet.Memfd, "shared");

    /// <summary>What is true before is true afterwards: the guest's clocks, its bounds on the host, libvirt's definition.</summary>
    private async Task GoesOver(string name, string method, bool again = false)
    {
        KvmVm vm = await host.Use(name);
        Assert.Equal(again, await vm.IsOnNewQemu(host));
        string confinement = await vm.Confinement(host), xml = await vm.Xml(host);
        Assert.Contains("(enforce)", confinement, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2", confinement, StringComparison.Ordinal);
        GuestStatus before = await vm.Status(host);
        GuestClocks clocks = await vm.Clocks(host);
        Assert.Equal("kvm-clock", clocks.Source);

        HandedOver handed = await vm.HandOver(host);
        Assert.Equal(method, handed.Method);
        TimeSpan lost = (await vm.Clocks(host)).AssertGoesOn(clocks, handed.StoodStill);
        await vm.AssertLives(host, before);
        Assert.True(await vm.IsOnNewQemu(host));
        Assert.Equal(confinement, await vm.Confinement(host));
        Assert.Equal(xml, await vm.Xml(host));
        output.WriteLine($"{handed.Method}: stood still {handed.StoodStill.TotalMilliseconds:0} ms, its clocks lost {lost.TotalMilliseconds:0} ms");
    }
}
