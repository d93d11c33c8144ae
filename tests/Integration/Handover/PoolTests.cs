using System.Text.Json;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>
/// Disks of type 'volume'. libvirt 9.0 looks their volume up when it comes back, and kills the VM if it does not find it: any VM of the host, not only
/// the one that is handed over.
/// </summary>
public sealed class PoolTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Pool = "p-pool";
    private const string Place = "/var/lib/libvirt/p-pool";
    private static readonly string[] Small = ["--ram", "shared", "--mem", "16", "--memory", "128"];

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
        await Virsh.Run("pool-create-as", Pool, "dir", "--target", Place, "--build");
        await Virsh.Run("vol-create-as", Pool, "data", "16M");
    }

    public async Task DisposeAsync()
    {
        await Shell.TryRun("virsh", "pool-destroy", Pool);
        await Shell.Run("rm", "-rf", Place);
        await TheService.Reset();
    }

    [Theory(Timeout = 300000)]
    [InlineData("virsh -q pool-destroy p-pool", "virsh -q pool-create-as p-pool dir --target /var/lib/libvirt/p-pool")]
    [Variant("virsh -q vol-delete data --pool p-pool", "virsh -q vol-create-as p-pool data 16M")]
    // The pool does not know of it.
    [InlineData("mv /var/lib/libvirt/p-pool/data /var/lib/libvirt/away", "mv /var/lib/libvirt/away /var/lib/libvirt/p-pool/data")]
    public async Task A_VM_whose_volume_libvirt_would_not_find_keeps_libvirt_from_being_stopped(string harm, string mend)
    {
        Guest volume = await Guest.Start("p-volume", ["--device", $"<disk type='volume'><source pool='{Pool}' volume='data'/><target dev='vdb' bus='virtio'/></disk>", .. Small]);
        Guest other = await Guest.Start("p-other", Small);
        GuestStatus[] before = [await volume.Status(), await other.Status()];
        int[] pids = [await volume.Pid(), await other.Pid()];
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Shell.Run("sh", "-ec", harm);

        JsonElement put = await RunVerb.Report(other.Name, 1);
        Assert.Equal("postponed", put.GetProperty("outcome").GetString());
        string sentence = put.GetProperty("sentence").GetString()!;
        Assert.Contains("libvirt would end VM p-volume when it comes back, as it does not find volume 'data' of storage pool 'p-pool'", sentence, StringComparison.Ordinal);
        Assert.Equal((pids[0], pids[1]), (await volume.Pid(), await other.Pid()));

        await Shell.Run("sh", "-ec", mend);
        Assert.Equal("done", (await RunVerb.Report(other.Name, 0)).GetProperty("outcome").GetString());
        await volume.AssertLives(before[0]);
        await other.AssertLives(before[1]);
    }

    [Fact(Timeout = 300000)]
    public async Task A_VM_with_a_volume_is_handed_over_as_any_other()
    {
        Guest volume = await Guest.Start("p-volume", ["--device", $"<disk type='volume'><source pool='{Pool}' volume='data'/><target dev='vdb' bus='virtio'/></disk>", .. Small]);
        GuestStatus before = await volume.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Assert.Equal("done", (await RunVerb.Report(volume.Name, 0)).GetProperty("outcome").GetString());
        await volume.AssertLives(before);
    }
}
