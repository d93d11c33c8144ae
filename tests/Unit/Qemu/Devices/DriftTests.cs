using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.Devices;

public class DriftTests
{
    private static readonly string[] Machine =
    [
        "-machine", "pc", "-chardev", "null,id=c0", "-blockdev", """{"driver":"null-co","node-name":"d0","read-zeroes":true}""",
        "-device", "virtio-blk-pci,drive=d0,id=disk0", "-device", "virtio-scsi-pci,id=scsi0", "-object", "iothread,id=io1",
    ];

    [Fact(Timeout = 180_000)]
    public async Task What_comes_and_goes_while_qemu_runs_is_seen()
    {
        await using var qemu = await QemuProcess.StartAsync(Machine);
        await using var qmp = await qemu.ConnectAsync();
        var line = CommandLine.Parse(["qemu", .. Machine]);
        Assert.Empty(Drift.Find(line, await DeviceSnapshot.ReadAsync(qmp, line)));

        await qmp.DeviceAddAsync(new() { ["driver"] = "virtio-rng-pci", ["id"] = "rng9" });
        await qmp.ExecuteAsync("blockdev-add", new() { ["driver"] = "null-co", ["node-name"] = "snap1", ["read-zeroes"] = true });
        await qmp.ExecuteAsync("chardev-add", new() { ["id"] = "c9", ["backend"] = new System.Text.Json.Nodes.JsonObject { ["type"] = "null", ["data"] = new System.Text.Json.Nodes.JsonObject() } });
        var found = Drift.Find(line, await DeviceSnapshot.ReadAsync(qmp, line));
        Assert.Equal(["DRIFT_HOTPLUG", "DRIFT_HOTPLUG", "DRIFT_BLOCK"], found.Select(d => d.Code));
        Assert.Contains(found, d => d.Sentence.Contains("rng9", StringComparison.Ordinal));
        Assert.Contains(found, d => d.Sentence.Contains("snap1", StringComparison.Ordinal));

        var longer = CommandLine.Parse(["qemu", .. Machine, "-device", "virtio-rng-pci,id=gone", "-blockdev", "driver=null-co,node-name=old"]);
        found = Drift.Find(longer, await DeviceSnapshot.ReadAsync(qmp, line));
        Assert.Contains(found, d => d.Sentence.Contains("'gone' was unplugged", StringComparison.Ordinal));
        Assert.Contains(found, d => d.Code == "DRIFT_BLOCK" && d.Sentence.Contains("'old'", StringComparison.Ordinal));
    }

    [Fact(Timeout = 180_000)]
    public async Task Another_image_under_the_same_device_is_seen()
    {
        await using var qemu = await QemuProcess.StartAsync(Machine);
        await using var qmp = await qemu.ConnectAsync();
        var line = CommandLine.Parse(["qemu", .. Machine]);
        var live = await DeviceSnapshot.ReadAsync(qmp, line);
        var moved = live with { Disks = [.. live.Disks.Select(d => d with { NodeName = "libvirt-2-format" })] };
        Assert.Equal("DRIFT_BLOCK", Assert.Single(Drift.Find(line, moved)).Code);
        var file = CommandLine.Parse(["qemu", .. Machine.Select(w => w.Contains("null-co", StringComparison.Ordinal) ? """{"driver":"file","node-name":"d0","filename":"/a.img"}""" : w)]);
        Assert.Equal("DRIFT_BLOCK", Assert.Single(Drift.Find(file, live)).Code);
    }
}
