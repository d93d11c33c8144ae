using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>Handovers of real libvirt VMs by the built programs: the guest proves that it went on, virsh that it still manages it.</summary>
public sealed class HandoverTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private static readonly string[] Small = ["--mem", "16", "--memory", "128"];

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [InlineData("shared", "pc", "shared")]
    [Variant("shared", "q35", "shared")]
    [InlineData("memfd", "pc", "shared")]
    [InlineData("private", "pc", "copy")]
    public async Task A_VM_is_handed_over_twice_and_stays_manageable(string ram, string machine, string method)
    {
        Guest guest = await Guest.Start("h-" + ram, ["--ram", ram, "--machine", machine, .. Small]);
        GuestStatus before = await guest.Status();
        int id = await Virsh.Id(guest.Name);
        string tap = await Tap(guest);
        await LabHost.Dnf("upgrade", "qemu-kvm");

        JsonElement first = await Run(guest, 0);
        Assert.Equal(("done", method), (Text(first, "outcome"), Text(first, "method")));
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        Assert.Equal((id, tap), (await Virsh.Id(guest.Name), await Tap(guest)));
        GuestStatus after = await guest.AssertLives(before);
        await AssertManageable(guest, after);

        // What paid for a copy once shares its memory from then on.
        JsonElement second = await Run(guest, 0);
        Assert.Equal(("done", "shared"), (Text(second, "outcome"), Text(second, "method")));
        await guest.AssertLives(after);

        await PlugDisk(guest);
        await guest.WaitFor("the plugged disk", status => status.Disks.Contains("vdb"));
        int last = await guest.Pid();
        await Virsh.Run("destroy", guest.Name);
        Assert.Equal("shut off", await Virsh.State(guest.Name));
        Assert.False(Directory.Exists($"/proc/{last}"));
    }

    [Fact(Timeout = 300000)]
    public async Task A_VM_can_be_saved_afterwards_with_all_its_memory()
    {
        Guest guest = await Guest.Start("h-save", ["--ram", "shared", .. Small]);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Run(guest, 0);
        GuestStatus before = await guest.Status();
        // With x-ignore-shared left on, QEMU would leave the guest's memory out of the image.
        await Virsh.Run("save", guest.Name, "/var/tmp/h-save.img");
        await Virsh.Run("restore", "/var/tmp/h-save.img");
        await guest.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task A_rehearsal_and_a_paused_guest_change_nothing_they_should_not()
    {
        Guest guest = await Guest.Start("h-calm", ["--ram", "shared", .. Small]);
        GuestStatus before = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        int pid = await guest.Pid();
        Assert.Equal("rehearsed", Text(await Run(guest, 0, "--dry-run"), "outcome"));
        Assert.Equal(pid, await guest.Pid());

        await Virsh.Run("suspend", guest.Name);
        Assert.Equal("done", Text(await Run(guest, 0), "outcome"));
        Assert.Equal("paused", await Virsh.State(guest.Name));
        Assert.NotEqual(pid, await guest.Pid());
        await Virsh.Run("resume", guest.Name);
        await guest.AssertLives(before);
    }

    [Theory(Timeout = 300000)]
    [Variant("exit")]
    [InlineData("load")]
    [Variant("hang")]
    public async Task A_broken_QEMU_leaves_the_VM_on_the_old_one(string fault)
    {
        Guest guest = await Guest.Start("h-" + fault, ["--ram", "shared", .. Small]);
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        await LabHost.Dnf("upgrade", $"--enablerepo=lab-broken-{fault}", "qemu-kvm");

        JsonElement report = await Run(guest, 1);
        Assert.Equal("undone", Text(report, "outcome"));
        Assert.Contains("runs on the old QEMU", Text(report, "sentence"), StringComparison.Ordinal);
        // A guest that stood still has done so, whatever came of it.
        Assert.Equal(fault == "load", report.GetProperty("pause_ms").ValueKind == JsonValueKind.Number);
        Assert.Equal((pid, "running"), (await guest.Pid(), await Virsh.State(guest.Name)));
        await guest.AssertLives(before);
        await Virsh.Run("suspend", guest.Name);
        await Virsh.Run("resume", guest.Name);
    }

    [Theory(Timeout = 300000)]
    [Variant("start", "TARGET_MISSING")]
    [Variant("memory", "RAM_INODE")]
    [InlineData("device", "QOM_DIFF")]
    public async Task A_QEMU_that_is_no_twin_is_refused_before_the_guest_is_touched(string fault, string code)
    {
        Guest guest = await Guest.Start("h-" + fault, ["--ram", "shared", .. Small]);
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        await LabHost.Dnf("upgrade", $"--enablerepo=lab-broken-{fault}", "qemu-kvm");

        JsonElement report = await Run(guest, 1);
        Assert.Equal("refused", Text(report, "outcome"));
        Assert.Contains(code, Text(report, "sentence"), StringComparison.Ordinal);
        Assert.DoesNotContain("quiesce", report.GetProperty("phases").GetRawText(), StringComparison.Ordinal);
        Assert.Equal((pid, "running"), (await guest.Pid(), await Virsh.State(guest.Name)));
        await guest.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task Private_memory_of_a_QEMU_that_copies_well_is_copied_while_the_guest_runs()
    {
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Guest guest = await Guest.Start("h-live", ["--ram", "private", .. Small]);
        GuestStatus before = await guest.Status();
        JsonElement report = await Run(guest, 0);
        Assert.Equal(("done", "copy"), (Text(report, "outcome"), Text(report, "method")));
        Assert.DoesNotContain("RAM_STILL", report.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
        GuestStatus after = await guest.AssertLives(before);
        await AssertManageable(guest, after);
    }

    [Fact(Timeout = 300000)]
    public async Task A_guest_that_writes_faster_than_it_can_be_copied_goes_on_as_before()
    {
        await TheService.Reset("[Handover]\nMaxPause=2ms\nCopyLimit=3s\n");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Guest guest = await Guest.Start("h-fast", "--ram", "private", "--mem", "96", "--memory", "192", "--rate", "4000");
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        JsonElement report = await Run(guest, 1);
        Assert.Equal("undone", Text(report, "outcome"));
        Assert.Equal((pid, "running"), (await guest.Pid(), await Virsh.State(guest.Name)));
        await AssertManageable(guest, await guest.AssertLives(before));
    }

    [Fact(Timeout = 300000)]
    public async Task The_host_s_cache_of_a_disk_is_written_before_the_pause_and_kept_after_it()
    {
        const string Images = "/var/lib/libvirt/images";
        // A file system with a disk: the lab's images lie in memory.
        string disk = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "images"), (UnixFileMode)0x1c9).FullName;
        await Shell.Run("mount", "--bind", disk, Images);
        try
        {
            Guest guest = await Guest.Start("h-cache", ["--ram", "shared", "--disk-size", "1G", "--disk-interval", "0", "--disk-cache", "writeback", .. Small]);
            string image = $"{Images}/{guest.Name}.qcow2";
            GuestStatus before = await guest.Status();
            await LabHost.Dnf("upgrade", "qemu-kvm");
            await Virsh.Run(
                "qemu-monitor-command", "--hmp", guest.Name, "qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend \"write 16M 200M\"");
            PageCache written = PageCache.Of(image);
            Assert.True(written.Unwritten > 10_000, $"Nothing waits to be written: {written}.");

            await using HeldPoint held = await HeldPoint.Set("perform.journaled");
            Task<JsonElement> run = Run(guest, 0);
            await held.Reached();
            Assert.Equal(0, PageCache.Of(image).Unwritten);
            held.LetGo();
            Assert.Equal("done", Text(await run, "outcome"));
            PageCache after = PageCache.Of(image);
            Assert.True(after.Cached >= written.Cached, $"The cache of the disk was emptied: {written}, {after}.");
            GuestStatus now = await guest.Status();
            now.AssertContinues(before);
            await Virsh.Run("destroy", guest.Name);
            await Shell.Run("qemu-img", "check", "-q", image);
        }
        finally
        {
            await Shell.TryRun("umount", "--lazy", Images);
            Directory.Delete(disk, recursive: true);
        }
    }

    [Fact(Timeout = 300000)]
    public async Task A_plugged_disk_refuses_the_handover_with_its_reason()
    {
        Guest guest = await Guest.Start("h-drift", ["--ram", "shared", .. Small]);
        GuestStatus before = await guest.Status();
        await PlugDisk(guest);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        JsonElement report = await Run(guest, 1);
        Assert.Equal("refused", Text(report, "outcome"));
        Assert.Contains("DRIFT_", Text(report, "sentence"), StringComparison.Ordinal);
        await guest.AssertLives(before);
    }

    private static async Task<JsonElement> Run(Guest guest, int exitCode, params string[] options)
    {
        ShellResult result = await Shell.TryRun("virt-handover", ["run", guest.Name, "--json", .. options]);
        Assert.True(result.ExitCode == exitCode, $"'virt-handover run {guest.Name}' ended with {result.ExitCode}:\n{result.Output}{result.Error}");
        using var json = JsonDocument.Parse(result.Output);
        return json.RootElement.GetProperty("report").Clone();
    }

    private static string Text(JsonElement report, string name) => report.GetProperty(name).GetString() ?? "";

    private static async Task<string> Tap(Guest guest) =>
        (await Virsh.Xml(guest.Name)).Descendants("interface").Single().Element("target")!.Attribute("dev")!.Value;

    private static async Task PlugDisk(Guest guest)
    {
        string image = $"/var/lib/libvirt/images/{guest.Name}-b.qcow2";
        await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", image, "8M");
        await Virsh.Run("attach-disk", guest.Name, image, "vdb", "--subdriver", "qcow2", "--live");
    }

    private static async Task AssertManageable(Guest guest, GuestStatus before)
    {
        await Virsh.Run("suspend", guest.Name);
        Assert.Equal("paused", await Virsh.State(guest.Name));
        await Virsh.Run("resume", guest.Name);
        Assert.Contains("return", await Virsh.Agent(guest.Name, """{"execute":"guest-ping"}"""), StringComparison.Ordinal);
        Assert.Contains("heard", await Shell.Run("console", guest.Name, "hello"), StringComparison.Ordinal);
        await guest.AssertLives(before);
    }
}
