using System.Text.Json;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>What was found in public definitions and reports of other people's VMs and passed when it was tried: it goes on passing.</summary>
public sealed class FieldTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Images = "/var/lib/libvirt/images";
    private static readonly string[] Small = ["--ram", "shared", "--mem", "16", "--memory", "128"];

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 300000)]
    public async Task Disks_with_other_queues_sectors_and_users_and_a_console_with_a_log_are_carried()
    {
        string[] disks =
        [
            await Disk("vdb", "<driver name='qemu' type='raw' cache='none' io='native'/>", ""),
            await Disk("vdc", "<driver name='qemu' type='raw' io='io_uring'/>", ""),
            await Disk("vdd", "<driver name='qemu' type='raw'/>", "<blockio logical_block_size='4096' physical_block_size='4096'/>"),
            await Disk("vde", "<driver name='qemu' type='raw' cache='none'/>", "<shareable/>"),
            "<serial type='pty'><log file='/var/log/libvirt/qemu/f-disks-console.log' append='off'/><target port='1'/></serial>",
        ];
        await AssertCarried(await Guest.Start("f-disks", [.. Small, .. disks.SelectMany(disk => (string[])["--device", disk])]));
    }

    [Fact(Timeout = 300000)]
    public async Task Cards_of_other_kinds_unplugged_ones_and_ones_behind_bridges_are_carried() => await AssertCarried(await Guest.Start(
        "f-cards",
        [
            .. Small, "--machine", "q35",
            "--device", "<controller type='pci' index='1' model='dmi-to-pci-bridge'/><controller type='pci' index='2' model='pci-bridge'><address type='pci' bus='1' slot='1'/></controller>",
            "--device", Card("vmxnet3", "<link state='down'/><address type='pci' bus='1' slot='2'/>"),
            "--device", Card("e1000", "<link state='down'/><address type='pci' bus='2' slot='1'/>"),
            "--device", Card("virtio", "<link state='down'/>"),
        ]));

    [Fact(Timeout = 300000)]
    public async Task Nodes_of_memory_with_room_for_more_are_carried() => await AssertCarried(await Guest.Start(
        "f-nodes",
        [
            "--ram", "shared", "--mem", "16", "--memory", "384",
            "--element", "<maxMemory slots='4' unit='MiB'>1024</maxMemory><numatune><memory mode='strict' nodeset='0'/></numatune>",
            "--element", "<cpu><numa><cell id='0' cpus='0' memory='256' unit='MiB'/></numa></cpu>",
            "--device", "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>",
        ]));

    [Fact(Timeout = 300000)]
    public async Task An_encrypted_disk_is_carried()
    {
        string image = $"{Images}/f-luks.img";
        var secret = Guid.NewGuid();
        await File.WriteAllTextAsync(
            "/run/lab/f-luks.xml", $"<secret ephemeral='yes' private='no'><uuid>{secret}</uuid><usage type='volume'><volume>{image}</volume></usage></secret>");
        await Virsh.Run("secret-define", "/run/lab/f-luks.xml");
        await Virsh.Run("secret-set-value", $"{secret}", "--base64", Convert.ToBase64String("a passphrase"u8));
        await Shell.Run("qemu-img", "create", "-q", "--object", "secret,id=key,data=a passphrase", "-f", "luks", "-o", "key-secret=key,iter-time=10", image, "8M");
        await AssertCarried(await Guest.Start(
            "f-luks",
            [
                .. Small, "--device",
                $"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{image}'><encryption format='luks'><secret type='passphrase' uuid='{secret}'/></encryption></source><target dev='vdb' bus='virtio'/></disk>",
            ]));
    }

    [Fact(Timeout = 300000)]
    public async Task A_checkpoint_is_there_for_the_next_incremental_backup()
    {
        Guest guest = await Guest.Start("f-checkpoint", Small);
        await Virsh.Run("checkpoint-create-as", guest.Name, "before", "--diskspec", "vda");
        await HostViews.Remember(guest.Name);
        await AssertCarried(guest);
        string target = $"{Images}/f-increment.qcow2";
        await File.WriteAllTextAsync(
            "/run/lab/f-backup.xml",
            $"<domainbackup><incremental>before</incremental><disks><disk name='vda' type='file'><driver type='qcow2'/><target file='{target}'/></disk></disks></domainbackup>");
        await Virsh.Run("backup-begin", guest.Name, "/run/lab/f-backup.xml");
        await Eventually.Until("the backup has ended", async () => (await Virsh.Run("domjobinfo", guest.Name)).Contains("None", StringComparison.Ordinal));
        Assert.Contains("Completed", await Virsh.Run("domjobinfo", guest.Name, "--completed", "--keep-completed"), StringComparison.Ordinal);
        // It has what the guest wrote since the checkpoint, which is a part of its disk.
        using var map = JsonDocument.Parse(await Shell.Run("qemu-img", "map", "--force-share", "--output=json", target));
        Assert.Contains(map.RootElement.EnumerateArray(), area => area.GetProperty("depth").GetInt32() == 0 && area.GetProperty("data").GetBoolean());
    }

    [Fact(Timeout = 300000)]
    public async Task An_internal_snapshot_can_be_gone_back_to_and_deleted()
    {
        Guest guest = await Guest.Start("f-internal", Small);
        GuestStatus early = await guest.Status();
        await Virsh.Run("snapshot-create-as", guest.Name, "before");
        await AssertCarried(guest);
        GuestStatus late = await guest.Status();
        await Virsh.Run("snapshot-revert", guest.Name, "before");
        await guest.WaitFor("it is where it was", status => status.Seed == early.Seed && status.Counter >= early.Counter && status.Counter < late.Counter);
        await Virsh.Run("snapshot-delete", guest.Name, "before");
        Assert.DoesNotContain("before", await Virsh.Run("snapshot-list", guest.Name, "--name"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300000)]
    public async Task A_VM_that_was_started_from_its_saved_state_is_carried()
    {
        Guest guest = await Guest.Start("f-saved", Small);
        GuestStatus before = await guest.Status();
        await Virsh.Run("managedsave", guest.Name);
        await Virsh.Run("start", guest.Name);
        await HostViews.Remember(guest.Name);
        (await guest.Status()).AssertContinues(before);
        await AssertCarried(guest);
    }

    private static string Card(string model, string more) => $"<interface type='bridge'><source bridge='vhbr0'/><model type='{model}'/>{more}</interface>";

    private static async Task<string> Disk(string target, string driver, string more)
    {
        string image = $"{Images}/f-{target}.img";
        await Shell.Run("truncate", "--size=8M", image);
        return $"<disk type='file' device='disk'>{driver}<source file='{image}'/><target dev='{target}' bus='virtio'/>{more}</disk>";
    }

    private async Task AssertCarried(Guest guest)
    {
        GuestStatus before = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Assert.Equal("done", (await RunVerb.Report(guest.Name)).GetProperty("outcome").GetString());
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        await guest.AssertLives(before);
    }
}
