using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>The packages are taken away again.</summary>
public sealed class RemovalTests : IAsyncLifetime
{
    private readonly DebianHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact(Timeout = 300000)]
    [Trait("Part", "telling")]
    public async Task Purging_leaves_nothing_and_the_VMs_run()
    {
        string clean = await Traces();
        Guest moved = await Vm.Start("moved");
        Guest waiting = await Vm.Start("waiting");
        GuestStatus movedBefore = await moved.Status(), waitingBefore = await waiting.Status();
        await _host.AptUpgrade();
        await Product.Until("it is pending", moved.Name, one => Product.Text(one, "state") == "pending");
        await Product.Run("approve", moved.Name);
        await Product.Done(moved.Name);
        // One is approved and may not start yet.
        await Product.Run("queue", "pause", "the product is about to be removed");
        await Product.Until("it is pending", waiting.Name, one => Product.Text(one, "state") == "pending");
        await Product.Run("approve", waiting.Name);
        int pid = await waiting.Pid();

        await Shell.Run("apt-get", ["-qq", "--yes", "purge", .. Product.Packages]);

        Assert.NotEqual("", clean);
        Assert.Equal("", await Traces());
        Assert.False(await Units.IsActive(Product.Unit));
        Assert.Equal("", (await Shell.TryRun("pgrep", "-f", "virt-handover")).Output);
        Assert.Equal(pid, await waiting.Pid());
        // libvirt starts without the gate.
        await Shell.Run("systemctl", "restart", "libvirtd.service");
        Assert.DoesNotContain("virt-handover", await Units.Property("libvirtd.service", "ExecStartPre"), StringComparison.Ordinal);
        await Vm.AssertWhole(moved, movedBefore);
        await Vm.AssertWhole(waiting, waitingBefore);
        await Units.AssertNoneFailed();
    }

    /// <summary>Every file of the host that is the product's, by its name; not what the bed itself has mounted.</summary>
    private static Task<string> Traces() => Shell.Run(
        "find", "/bin/", "/etc", "/lib/", "/root", "/run", "/sbin/", "/tmp", "/usr", "/var/lib", "/var/cache", "/var/tmp", "/opt", "-xdev",
        "(", "-path", "/opt/virt-handover", ")", "-prune", "-o", "(", "-iname", "*virt-handover*", "-o", "-iname", "*virthandover*", ")", "-print");
}
