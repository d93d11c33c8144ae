using VirtHandover.Tests.Integration.Host;
using Xunit.Abstractions;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>The card that libvirt gives a VM by default where there is KVM: its packets are moved by the host's kernel (vhost-net).</summary>
[Collection(KvmHostCollection.Name)]
public sealed class VhostNetTests(KvmHost host, ITestOutputHelper output)
{
    [Fact]
    [Uses(Fleet.Vhost)]
    public Task Vhost_net_with_one_queue() => GoesOver(Fleet.Vhost, 1);

    [Fact]
    [Uses(Fleet.VhostQueues)]
    public Task Vhost_net_with_two_queues() => GoesOver(Fleet.VhostQueues, 2);

    private async Task GoesOver(string name, int queues)
    {
        KvmVm vm = await host.Use(name);
        string xml = await vm.Xml(host);
        Assert.Equal(queues, await Workers(vm));
        GuestStatus before = await vm.Status(host);
        HandedOver handed = await vm.HandOver(host);
        // Both ways: each answer is a question that came in.
        await vm.AssertLives(host, before);
        string echo = await host.Run($"timeout --preserve-status -s INT 10 probe echo 10.77.0.{vm.Number} 20");
        Assert.DoesNotContain("\"answered\":0,", echo, StringComparison.Ordinal);
        Assert.True(await vm.IsOnNewQemu(host));
        Assert.Equal(queues, await Workers(vm));
        Assert.Equal(xml, await vm.Xml(host));
        output.WriteLine($"stood still {handed.StoodStill.TotalMilliseconds:0} ms; then {echo}");
    }

    /// <summary>How many descriptors of /dev/vhost-net its QEMU has.</summary>
    private async Task<int> Workers(KvmVm vm) =>
        int.Parse(await host.Run($"ls -l /proc/{await vm.Pid(host)}/fd | grep -c /dev/vhost-net"), System.Globalization.CultureInfo.InvariantCulture);
}
