using VirtHandover.Tests.Integration.Host;
using Xunit.Abstractions;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>The throw-away VM that goes first, where AppArmor confines libvirt and its VMs.</summary>
[Collection(KvmHostCollection.Name)]
public sealed class CanaryTests(KvmHost host, ITestOutputHelper output)
{
    // The brackets keep it from finding the shell that looks.
    private const string Qemus = "pgrep -f -- '-uuid [6]b1d7b1e-5c0c-4a7a-9a3e-0c3f5d2e7a11'";

    [Fact]
    [Uses(Fleet.First)]
    public async Task Canary_under_AppArmor()
    {
        KvmVm vm = await host.Use(Fleet.First);
        GuestStatus before = await vm.Status(host);
        await host.Run("rm -f /var/lib/virt-handover/canaries");
        string since = await host.Now();
        await using KvmPoint held = await KvmPoint.Set(host, "quiesce.rechecked");
        Task<HandedOver> handing = vm.HandOver(host);
        await held.Reached();
        // The point is the canary's: it is confined as every VM, and the real one has not been touched.
        string programs = await host.Run($"for p in $({Qemus}); do readlink /proc/$p/exe; done | sort");
        Assert.Equal(["/usr/bin/qemu-system-x86_64", "/var/cache/virt-handover/canary/old/usr/bin/qemu-system-x86_64"], programs.Split('\n'));
        string profiles = await host.Run($"for p in $({Qemus}); do cat /proc/$p/attr/current; echo; done | tr -d '\\0' | sort -u");
        Assert.Equal("libvirt-6b1d7b1e-5c0c-4a7a-9a3e-0c3f5d2e7a11 (enforce)", profiles.Trim());
        Assert.Equal("1", await host.Run("pgrep -c -f -- '-name guest=[f]irst,'"));
        await held.LetGo();

        HandedOver handed = await handing;
        Assert.Equal("done", handed.Outcome);
        string log = await host.ServiceLog(since);
        Assert.Contains("A canary came through", log, StringComparison.Ordinal);
        Assert.DoesNotContain("from the new QEMU to itself", log, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", await host.Run("virsh -q list --all --name"), StringComparison.Ordinal);
        Assert.Equal("", await host.Run($"{Qemus} || :"));
        Assert.Equal("", await host.Run("ls /var/cache/virt-handover/canary/old 2> /dev/null || :"));
        await vm.AssertLives(host, before);
        output.WriteLine("from the saved old QEMU, confined: " + log.Split('\n').First(line => line.Contains("A canary came through", StringComparison.Ordinal)));
    }
}
