using System.Globalization;
using System.Text.Json;
using VirtHandover.Linux;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>VMs that cannot be carried are refused with their reason, by the real libvirt and QEMU, before anything is done to them.</summary>
public sealed class PreflightTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        // They ask QEMU past libvirt, which one of these tests is about.
        HostViews.LookAway();
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 120000)]
    [InlineData("FS_9P", "pc", "<filesystem type='mount'><source dir='/var/tmp'/><target dir='x'/></filesystem>")]
    [InlineData("CHARDEV", "pc", "<serial type='tcp'><source mode='bind' host='127.0.0.1' service='7777'/><protocol type='raw'/></serial>")]
    [InlineData("IVSHMEM", "pc", "<shmem name='x'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>")]
    [InlineData("NET_HOTPLUG", "q35", "<interface type='bridge'><source bridge='vhbr0'/><model type='virtio'/><address type='pci' domain='0' bus='0' slot='0x10'/></interface>")]
    [Variant("NET_HOTPLUG", "pc", "<interface type='bridge'><source bridge='vhbr0'/><model type='virtio'/><rom bar='off'/></interface>")]
    [Variant("NET_HOTPLUG", "pc", "<controller type='pci' index='0' model='pci-root'><target hotplug='off'/></controller><interface type='bridge'><source bridge='vhbr0'/><model type='virtio'/></interface>")]
    [InlineData("NET_HOTPLUG", "pc", "<controller type='pci' index='1' model='pci-expander-bus'><target busNr='200'/></controller><interface type='bridge'><source bridge='vhbr0'/><model type='e1000'/><address type='pci' domain='0' bus='1' slot='0'/></interface>")]
    [Variant("NET_HOTPLUG", "q35", "<controller type='pci' index='9' model='pcie-root-port'><target hotplug='off'/></controller><interface type='bridge'><source bridge='vhbr0'/><model type='virtio'/><address type='pci' domain='0' bus='9' slot='0'/></interface>")]
    public async Task A_device_that_cannot_be_carried_is_named(string code, string machine, string device) =>
        await AssertRefused(await SmallGuest.Start("p-device", "--machine", machine, "--device", device), code);

    [Fact(Timeout = 120000)]
    public async Task What_changed_since_the_start_is_named()
    {
        SmallGuest guest = await SmallGuest.Start("p-drift", "--ram", "shared");
        string copy = "/var/lib/libvirt/images/p-drift-copy.qcow2";
        await Virsh.Run("blockcopy", guest.Name, "vda", copy, "--transient-job");
        await AssertRefused(guest, "JOB_ACTIVE");
        await Virsh.Run("blockjob", guest.Name, "vda", "--abort");
        await Rehearse(guest, 0);

        // Snapshots are carried; a disk that was plugged is not.
        await Virsh.Run("snapshot-create-as", guest.Name, "s", "--disk-only", "--no-metadata");
        await Rehearse(guest, 0);
        await File.WriteAllTextAsync("/run/lab/disk.xml", "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/dev/shm/p-disk.img'/><target dev='vdb' bus='virtio'/></disk>");
        await Shell.Run("truncate", "--size=1M", "/dev/shm/p-disk.img");
        await Virsh.Run("attach-device", guest.Name, "/run/lab/disk.xml", "--live");
        await AssertRefused(guest, "DRIFT_BLOCK");
    }

    [Fact(Timeout = 120000)]
    public async Task A_control_group_without_room_for_two_QEMUs_is_named()
    {
        SmallGuest guest = await SmallGuest.Start("p-limit", "--ram", "shared");
        // A guest that boots would take more and more.
        await Virsh.Run("suspend", guest.Name);
        long used = Cgroups.OfProcess(await Virsh.Pid(guest.Name)).Places
            .Select(place => $"{place.Mount}{place.Path}/{(place.Unified ? "memory.current" : "memory.usage_in_bytes")}")
            .Where(File.Exists).Select(file => long.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture)).Max();
        await Virsh.Run("memtune", guest.Name, "--live", "--hard-limit", $"{(used >> 10) + (48 << 10)}");
        await AssertRefused(guest, "RAM_SPACE");
        await Virsh.Run("memtune", guest.Name, "--live", "--hard-limit", $"{(used >> 10) + (512 << 10)}");
        await Rehearse(guest, 0);
    }

    [Fact(Timeout = 120000)]
    public async Task A_QEMU_that_is_older_or_gone_is_no_target()
    {
        await LabHost.Dnf("upgrade", "qemu-kvm");
        SmallGuest guest = await SmallGuest.Start("p-older", "--ram", "shared");
        await LabHost.Dnf("downgrade", "qemu-kvm");
        await AssertRefused(guest, "VERSION_ORDER");
        await Shell.Run("mv", "/usr/libexec/qemu-kvm", "/usr/libexec/qemu-kvm.away");
        try
        {
            await AssertRefused(guest, "TARGET_MISSING");
        }
        finally
        {
            await Shell.Run("mv", "/usr/libexec/qemu-kvm.away", "/usr/libexec/qemu-kvm");
        }
    }

    [Theory(Timeout = 120000)]
    [InlineData("no-such-vm")]
    [InlineData("stopped")]
    public async Task An_unknown_or_stopped_domain_is_one_sentence_and_a_fixed_exit_code(string name)
    {
        await Shell.Run("vm", "stopped", "--define-only");
        ShellResult result = await Shell.TryRun("virt-handover", "run", name);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(name, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    [Fact(Timeout = 120000)]
    public async Task What_is_lost_with_libvirt_s_daemon_or_cannot_be_read_is_warned_of()
    {
        SmallGuest guest = await SmallGuest.Start("p-warned", "--ram", "shared");
        await Virsh.Run("migrate-setspeed", guest.Name, "100");
        // Before the service, which does not run yet, has asked its first question.
        Assert.Null(await TheService.Pid());
        await Virsh.Monitor(guest.Name, """{"execute":"query-status"}""");
        Assert.Superset(new HashSet<string> { "MONITOR_USED", "MIGRATE_SPEED" }, await Findings(guest));
        // Its own questions are no reason to warn.
        SmallGuest other = await SmallGuest.Start("p-not-warned", "--ram", "shared");
        Assert.DoesNotContain("MONITOR_USED", await Findings(other));
        Assert.DoesNotContain("MONITOR_USED", await Findings(other));

        static async Task<HashSet<string>> Findings(SmallGuest guest) =>
            [.. (await Rehearse(guest, 0)).GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("code").GetString()!)];
    }

    private static async Task AssertRefused(SmallGuest guest, string code)
    {
        string before = await Virsh.State(guest.Name);
        JsonElement report = await Rehearse(guest, 1);
        Assert.Equal("refused", report.GetProperty("outcome").GetString());
        Assert.Contains(code, report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await Virsh.State(guest.Name));
    }

    private static async Task<JsonElement> Rehearse(SmallGuest guest, int exitCode)
    {
        ShellResult result = await Shell.TryRun("virt-handover", "run", guest.Name, "--dry-run", "--json");
        Assert.True(result.ExitCode == exitCode, $"The rehearsal ended with {result.ExitCode}:\n{result.Output}{result.Error}");
        using var json = JsonDocument.Parse(result.Output);
        return json.RootElement.GetProperty("report").Clone();
    }
}
