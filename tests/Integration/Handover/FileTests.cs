using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Security;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>
/// Images that were taken away or replaced under a running VM: whatever would keep the new QEMU from them, or give it others, is found
/// before the guest is touched; and where it happens while the guest stands still, the guest is still whole afterwards.
/// </summary>
public sealed class FileTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private static readonly string[] Small = ["--ram", "shared", "--mem", "16", "--memory", "128"];

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [InlineData("owner", "FILE_ACCESS", "chown root:root IMAGE && chmod 644 IMAGE", "Permission denied")]
    [Variant("mode", "FILE_ACCESS", "chmod 400 IMAGE && chown root:root IMAGE", "Permission denied")]
    // libvirt gives each QEMU mounts of its own; what is done to the host's need not reach them.
    [InlineData("mount", "FILE_ACCESS", "nsenter --target PID --mount sh -c 'mount --bind IMAGES IMAGES && mount -o remount,bind,ro IMAGES'", "Read-only file system")]
    [InlineData("copy", "FILE_OTHER", "cp -a IMAGE IMAGE.new && mv IMAGE.new IMAGE", "is another file than the one")]
    [Variant("gone", "FILE_OTHER", "mv IMAGE IMAGE.away", "was deleted or renamed")]
    public async Task An_image_that_was_taken_away_or_replaced_is_named_before_anything_is_touched(string name, string code, string harm, string why)
    {
        Guest guest = await Guest.Start("f-" + name, Small);
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        string image = $"/var/lib/libvirt/images/{guest.Name}.qcow2";
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Harm(harm.Replace("PID", $"{pid}", StringComparison.Ordinal), image);
        JsonElement report = await RunVerb.Report(guest.Name, 1);
        Assert.Equal("refused", Text(report, "outcome"));
        Assert.Contains(code, Text(report, "sentence"), StringComparison.Ordinal);
        Assert.Contains(image, Text(report, "sentence"), StringComparison.Ordinal);
        Assert.Contains(why, Text(report, "sentence"), StringComparison.Ordinal);
        // Found by the preflight, before there was a second QEMU.
        Assert.DoesNotContain("prepare", report.GetProperty("phases").GetRawText(), StringComparison.Ordinal);
        Assert.Equal((pid, "running"), (await guest.Pid(), await Virsh.State(guest.Name)));
        await guest.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task A_backing_image_and_a_CD_that_were_replaced_are_named_and_a_changed_kernel_is_a_warning()
    {
        const string Base = "/var/lib/libvirt/images/f-base.qcow2";
        const string Disc = "/var/lib/libvirt/images/f-disc.iso";
        const string Kernel = "/var/lab/vmlinux";
        await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", Base, "64M");
        await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", "-b", Base, "-F", "qcow2", "/var/lib/libvirt/images/f-chain.qcow2");
        await Shell.Run("truncate", "-s", "1M", Disc);
        Guest guest = await Guest.Start(
            "f-chain", ["--device", $"<disk type='file' device='cdrom'><source file='{Disc}'/><target dev='hdc' bus='ide'/><readonly/></disk>", .. Small]);
        GuestStatus before = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (string file in (string[])[Base, Disc])
        {
            await Harm("cp -a IMAGE IMAGE.new && ln IMAGE IMAGE.old && mv IMAGE.new IMAGE", file);
            JsonElement refused = await RunVerb.Report(guest.Name, 1);
            Assert.Contains("FILE_OTHER", Text(refused, "sentence"), StringComparison.Ordinal);
            Assert.Contains(file, Text(refused, "sentence"), StringComparison.Ordinal);
            await Harm("mv IMAGE.old IMAGE", file);
        }

        await Harm("cp -a IMAGE IMAGE.new && mv IMAGE.new IMAGE", Kernel);
        JsonElement done = await RunVerb.Report(guest.Name, 0);
        Assert.Equal("done", Text(done, "outcome"));
        Assert.Contains("FILE_NEWER", done.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
        Assert.Contains(Kernel, done.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
        await guest.AssertLives(before);
    }

    // Both are open, so that no look at the process tells which was which.
    [Fact(Timeout = 300000)]
    public async Task Two_images_of_one_VM_that_have_changed_their_names_are_not_taken_for_one_another()
    {
        const string Second = "/var/lib/libvirt/images/f-second.qcow2";
        await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", Second, "64M");
        Guest guest = await Guest.Start(
            "f-swap",
            ["--device", $"<disk type='file'><driver name='qemu' type='qcow2'/><source file='{Second}'/><target dev='vdb' bus='virtio'/></disk>", .. Small]);
        GuestStatus before = await guest.Status();
        string image = $"/var/lib/libvirt/images/{guest.Name}.qcow2";
        const string Swap = "mv IMAGE IMAGES/t && mv IMAGES/f-second.qcow2 IMAGE && mv IMAGES/t IMAGES/f-second.qcow2";
        await LabHost.Dnf("upgrade", "qemu-kvm");
        _ = await Refusal.Noted(guest.Name);
        await Harm(Swap, image);
        JsonElement refused = await RunVerb.Report(guest.Name, 1);
        Assert.Equal("refused", Text(refused, "outcome"));
        Assert.Contains("FILE_SWAPPED", Text(refused, "sentence"), StringComparison.Ordinal);
        Assert.Contains("two have changed their names", Text(refused, "sentence"), StringComparison.Ordinal);
        await guest.AssertLives(before);
        await Harm(Swap, image);
        Assert.Equal("done", Text(await RunVerb.Report(guest.Name, 0), "outcome"));
        await guest.AssertLives(before);
    }

    [Theory(Timeout = 300000)]
    [Variant("prepare.connected", "FILE_ACCESS", "chown root:root IMAGE && chmod 644 IMAGE", "chown --reference=IMAGES/f-reference IMAGE")]
    [InlineData("quiesce.connected", "FILE_ACCESS", "chown root:root IMAGE && chmod 644 IMAGE", "chown --reference=IMAGES/f-reference IMAGE")]
    [InlineData("quiesce.connected", "FILE_OTHER", "cp -a IMAGE IMAGE.new && ln IMAGE IMAGE.old && mv IMAGE.new IMAGE", "mv IMAGE.old IMAGE")]
    public async Task What_is_taken_away_on_the_way_is_noticed_before_the_pause(string point, string code, string harm, string mend)
    {
        Guest guest = await Guest.Start("f-late", Small);
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        string image = $"/var/lib/libvirt/images/{guest.Name}.qcow2";
        await Harm("rm -f IMAGES/f-reference && touch IMAGES/f-reference && chown --reference=IMAGE IMAGES/f-reference", image);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await using HeldPoint held = await HeldPoint.Set(point);
        Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
        await held.Reached();
        await Harm(harm, image);
        held.LetGo();
        JsonElement report = await run;
        Assert.Equal("refused", Text(report, "outcome"));
        Assert.Contains(code, Text(report, "sentence"), StringComparison.Ordinal);
        Assert.DoesNotContain("perform", report.GetProperty("phases").GetRawText(), StringComparison.Ordinal);
        Assert.Equal((pid, "running"), (await guest.Pid(), await Virsh.State(guest.Name)));
        await guest.AssertLives(before);

        await Harm(mend, image);
        Assert.Equal("done", Text(await RunVerb.Report(guest.Name, 0), "outcome"));
        await guest.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task An_image_taken_away_in_the_pause_leaves_the_guest_whole_and_libvirt_there_for_all()
    {
        Guest other = await Guest.Start("f-other", Small);
        Guest guest = await Guest.Start("f-pause", Small);
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        string image = $"/var/lib/libvirt/images/{guest.Name}.qcow2";
        await Harm("rm -f IMAGES/f-reference && touch IMAGES/f-reference && chown --reference=IMAGE IMAGES/f-reference", image);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await using HeldPoint held = await HeldPoint.Set("perform.moved");
        Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
        await held.Reached();
        await Harm("chown root:root IMAGE && chmod 644 IMAGE", image);
        held.LetGo();
        JsonElement report = await run;
        Assert.Equal("stranded", Text(report, "outcome"));
        Assert.Contains($"virsh resume {guest.Name}", Text(report, "sentence"), StringComparison.Ordinal);
        Assert.Contains(image, Text(report, "sentence"), StringComparison.Ordinal);
        Assert.Contains(guest.Name, (await TheService.View()).Alarm, StringComparison.Ordinal);

        // libvirt is back, for the others and for this one: in one QEMU, paused, whole.
        Assert.Equal(("running", "paused"), (await Virsh.State(other.Name), await Virsh.State(guest.Name)));
        Assert.Equal([pid], Processes.Qemus(await Virsh.Uuid(guest.Name)));
        await Harm("chown --reference=IMAGES/f-reference IMAGE", image);
        await Virsh.Run("resume", guest.Name);
        await guest.AssertLives(before);
        await Shell.Run("virt-handover", "retry", guest.Name);
        Assert.Equal("done", Text(await RunVerb.Report(guest.Name, 0), "outcome"));
        await guest.AssertLives(before);
    }

    private static async Task Harm(string commands, string image) =>
        await Shell.Run("sh", "-ec", commands.Replace("IMAGES", "/var/lib/libvirt/images", StringComparison.Ordinal).Replace("IMAGE", image, StringComparison.Ordinal));

    private static string Text(JsonElement report, string name) => report.GetProperty(name).GetString() ?? "";
}
