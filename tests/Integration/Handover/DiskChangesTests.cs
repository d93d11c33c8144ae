using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>What becomes of a VM's disks while it runs: snapshots, merges, copies, changed and ejected media. The target has the disks of now.</summary>
public sealed class DiskChangesTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Images = "/var/lib/libvirt/images";
    private static readonly string[] Small = ["--ram", "shared", "--mem", "16", "--memory", "128"];

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
        foreach (string name in (string[])["first", "second"])
        {
            await Shell.Run("truncate", "--size=1M", $"{Images}/{name}.iso");
            await Shell.Run("chmod", "644", $"{Images}/{name}.iso");
        }
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 600000)]
    public async Task Between_any_two_steps_of_a_backup_tool_the_VM_is_handed_over()
    {
        Guest guest = await Guest.Start("d-chain", Small);
        GuestStatus status = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        (string What, string[] Command)[] steps =
        [
            ("a snapshot", ["snapshot-create-as", guest.Name, "one", "--disk-only", "--no-metadata"]),
            ("a snapshot above it", ["snapshot-create-as", guest.Name, "two", "--disk-only", "--no-metadata"]),
            ("a merge of the middle image", ["blockcommit", guest.Name, "vda", "--top", $"{Images}/{guest.Name}.one", "--wait"]),
            ("a merge of all", ["blockcommit", guest.Name, "vda", "--active", "--pivot"]),
            ("a copy", ["blockcopy", guest.Name, "vda", $"{Images}/d-copy.qcow2", "--transient-job", "--wait", "--pivot"]),
            ("a snapshot of the copy", ["snapshot-create-as", guest.Name, "three", "--disk-only", "--no-metadata"]),
            ("all pulled into one", ["blockpull", guest.Name, "vda", "--wait"]),
        ];
        foreach ((string what, string[] command) in steps)
        {
            await Virsh.Run(command);
            await HostViews.Remember(guest.Name);
            JsonElement report = await RunVerb.Report(guest.Name);
            Assert.True(report.GetProperty("outcome").GetString() == "done", $"After {what}: {report}");
            status = await guest.AssertLives(status);
        }

        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        // Only the image that is in use has what the guest wrote last, and it is whole.
        await Virsh.Run("destroy", guest.Name);
        await Shell.Run("qemu-img", "check", "-q", $"{Images}/d-copy.three");
    }

    [Theory(Timeout = 300000)]
    [InlineData("pc", "hdc", "ide")]
    [Variant("q35", "sdb", "sata")]
    [InlineData("q35", "sdb", "scsi")]
    public async Task Media_come_and_go(string machine, string target, string bus)
    {
        Guest guest = await Guest.Start($"d-{bus}-{machine}", ["--machine", machine, "--device", Drive(target, bus, "first"), .. Small]);
        GuestStatus status = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        string[][] steps =
        [
            ["change-media", guest.Name, target, $"{Images}/second.iso", "--update"],
            ["change-media", guest.Name, target, "--eject"],
            ["change-media", guest.Name, target, $"{Images}/first.iso", "--insert"],
            ["change-media", guest.Name, target, "--eject"],
        ];
        foreach (string[] step in steps)
        {
            await Virsh.Run([.. step, "--live"]);
            await HostViews.Remember(guest.Name);
            JsonElement report = await RunVerb.Report(guest.Name);
            Assert.True(report.GetProperty("outcome").GetString() == "done", $"After {string.Join(' ', step)}: {report}");
            status = await guest.AssertLives(status);
        }
    }

    [Fact(Timeout = 300000)]
    public async Task A_drive_that_was_empty_at_the_start_has_a_medium_now()
    {
        Guest guest = await Guest.Start("d-empty", ["--device", Drive("hdc", "ide", medium: null), .. Small]);
        GuestStatus status = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Virsh.Run("change-media", guest.Name, "hdc", $"{Images}/first.iso", "--insert", "--live");
        await HostViews.Remember(guest.Name);
        JsonElement report = await RunVerb.Report(guest.Name);
        Assert.True(report.GetProperty("outcome").GetString() == "done", report.ToString());
        status = await guest.AssertLives(status);
        await Virsh.Run("change-media", guest.Name, "hdc", "--eject", "--live");
        await guest.AssertLives(status);
    }

    [Fact(Timeout = 300000)]
    public async Task A_handover_that_is_undone_after_the_pause_leaves_the_VM_on_its_snapshot()
    {
        Guest guest = await Guest.Start("d-undone", Small);
        GuestStatus before = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Virsh.Run("snapshot-create-as", guest.Name, "one", "--disk-only", "--no-metadata");
        await HostViews.Remember(guest.Name);
        (int source, Guid uuid) = (await guest.Pid(), await Virsh.Uuid(guest.Name));
        await using (HeldPoint held = await HeldPoint.Set("perform.moved"))
        {
            Task<ShellResult> run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
            await held.Reached();
            Processes.Kill(Assert.Single(Processes.Qemus(uuid), process => process != source));
            held.LetGo();
            await run;
        }

        await Eventually.Until("libvirt manages it", async () => (await Shell.TryRun("virsh", "domstate", guest.Name)).Output.Trim() == "running");
        Assert.Equal(host.OldVersion, await guest.RunningVersion());
        GuestStatus status = await guest.AssertLives(before);
        await Virsh.Run("blockcommit", guest.Name, "vda", "--active", "--pivot");
        Assert.Equal("done", (await RunVerb.Report(guest.Name)).GetProperty("outcome").GetString());
        await guest.AssertLives(status);
    }

    [Fact(Timeout = 300000)]
    public async Task One_that_was_never_seen_before_its_medium_was_changed_is_handed_over()
    {
        await TheService.Stop();
        Guest guest = await Guest.Start("d-late", ["--device", Drive("hdc", "ide", "first"), .. Small]);
        GuestStatus status = await guest.Status();
        await Virsh.Run("change-media", guest.Name, "hdc", "--eject", "--live");
        await Virsh.Run("snapshot-create-as", guest.Name, "one", "--disk-only", "--no-metadata", "--diskspec", "hdc,snapshot=no");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await HostViews.Remember(guest.Name);
        JsonElement report = await RunVerb.Report(guest.Name);
        Assert.True(report.GetProperty("outcome").GetString() == "done", report.ToString());
        await guest.AssertLives(status);
    }

    private static string Drive(string target, string bus, string? medium) =>
        (bus == "scsi" ? "<controller type='scsi' model='virtio-scsi'/>" : "")
        + $"<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>{(medium is null ? "" : $"<source file='{Images}/{medium}.iso'/>")}"
        + $"<target dev='{target}' bus='{bus}'/><readonly/></disk>";
}
