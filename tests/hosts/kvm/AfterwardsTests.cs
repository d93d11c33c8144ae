using VirtHandover.Tests.Integration.Host;
using Xunit.Abstractions;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>A VM that was handed over is a VM like any other: what libvirt can do to one it can do to this one.</summary>
[Collection(KvmHostCollection.Name)]
public sealed class AfterwardsTests(KvmHost host, ITestOutputHelper output)
{
    [Fact]
    [Uses(Fleet.Later)]
    public async Task Afterwards_a_disk_and_a_card_are_hot_plugged()
    {
        KvmVm vm = await host.Use(Fleet.Later);
        GuestStatus before = await vm.OnNewQemu(host);
        await host.Run("qemu-img create -q -f qcow2 /var/lib/libvirt/images/more.qcow2 16M");
        await Attach("<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/var/lib/libvirt/images/more.qcow2'/><target dev='vdb' bus='virtio'/></disk>");
        // Without vhost: libvirt gives a VM's AppArmor profile the rule for /dev/vhost-net only at its start, if it has such a card then.
        await Attach("<interface type='bridge'><mac address='52:54:00:00:77:01'/><source bridge='vhbr0'/><model type='virtio'/><driver name='qemu'/></interface>");
        await host.Until("the guest sees the disk", $"probe status 10.77.0.{vm.Number} | grep -E 'disks=[^ ]*vdb'");
        await host.Until("the guest sees the card", $"probe status 10.77.0.{vm.Number} | grep -E 'cards=[^ ]*eth1'");
        await host.Run($"virsh -q detach-disk {vm.Name} vdb && virsh -q detach-interface {vm.Name} bridge --mac 52:54:00:00:77:01");
        await host.Until("the guest sees that both are gone", $"probe status 10.77.0.{vm.Number} | grep -v -e vdb -e eth1");
        await vm.AssertLives(host, before);
        output.WriteLine("vdb and eth1 came and went");

        Task Attach(string xml) => host.Run($"cat > /tmp/device.xml << 'EOX'\n{xml}\nEOX\nvirsh -q attach-device {vm.Name} /tmp/device.xml --live");
    }

    [Fact]
    [Uses(Fleet.Later)]
    public async Task Afterwards_machined_is_restarted()
    {
        KvmVm vm = await host.Use(Fleet.Later);
        GuestStatus before = await vm.OnNewQemu(host);
        int pid = await vm.Pid(host);
        string machine = await host.Run($"machinectl --no-legend list | awk '/-{vm.Name} / {{ print $1 }}'");
        Assert.NotEqual("", machine);
        Assert.Equal($"{pid}", await host.Run($"machinectl show -p Leader --value '{machine}'"));
        await host.Run("systemctl restart systemd-machined && machinectl list && systemctl daemon-reexec");
        Assert.Equal((pid, "running"), (await vm.Pid(host), await vm.State(host)));
        Assert.Equal($"{pid}", await host.Run($"machinectl show -p Leader --value '{machine}'"));
        await vm.AssertLives(host, before);
        output.WriteLine($"{machine} keeps its leader {pid}");
    }

    [Fact]
    [Uses(Fleet.Later)]
    public async Task Afterwards_it_is_suspended_saved_restored_and_has_a_snapshot()
    {
        KvmVm vm = await host.Use(Fleet.Later);
        GuestStatus before = await vm.OnNewQemu(host);
        await host.Run($"virsh -q suspend {vm.Name}");
        Assert.Equal("paused", await vm.State(host));
        await host.Run($"virsh -q resume {vm.Name}");
        before = await vm.AssertLives(host, before);
        await host.Run($"virsh -q snapshot-create-as {vm.Name} one");
        before = await vm.AssertLives(host, before);
        await host.Run($"virsh -q snapshot-delete {vm.Name} one");
        await host.Run($"virsh -q save {vm.Name} /var/tmp/{vm.Name}.save && virsh -q restore /var/tmp/{vm.Name}.save && rm /var/tmp/{vm.Name}.save");
        await vm.AssertLives(host, before);
        Assert.Contains("(enforce)", await vm.Confinement(host), StringComparison.Ordinal);
        output.WriteLine("all of it, and the guest goes on");
    }

    [Fact]
    [Uses(Fleet.Later)]
    public async Task Afterwards_it_is_shut_down_and_started_again()
    {
        KvmVm vm = await host.Use(Fleet.Later);
        GuestStatus before = await vm.OnNewQemu(host);
        await host.Until("the agent answers", $"virsh -q qemu-agent-command --timeout 60 {vm.Name} '{{\"execute\":\"guest-ping\"}}'");
        await host.Run($"virsh -q shutdown {vm.Name} --mode agent");
        await host.Until("it is off", $"virsh -q domstate {vm.Name} | grep 'shut off'");
        Assert.Equal("", await host.Run($"machinectl --no-legend list | grep -e '-{vm.Name} ' || :"));
        await host.Run($"virsh -q start {vm.Name}");
        Assert.NotEqual(before.Seed, (await vm.Status(host)).Seed);
        output.WriteLine("off, and on again");
    }
}
