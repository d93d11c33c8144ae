using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.CommandLines;

public sealed class DeviceAliasTests
{
    [Theory]
    [InlineData("virtio-blk-pci", "virtio-blk-pci", true)]
    [InlineData("virtio-blk", "virtio-blk-pci", true)]
    [InlineData("virtio-net", "virtio-net-ccw", true)]
    [InlineData("virtio-gpu-gl", "virtio-gpu-gl-pci", true)]
    [InlineData("virtio-serial", "virtio-serial-device", true)]
    [InlineData("ahci", "ich9-ahci", true)]
    [InlineData("lsi", "lsi53c895a", true)]
    [InlineData("e1000", "e1000-82540em", true)]
    [InlineData("e1000-82540em", "e1000", true)]
    [InlineData("ac97", "AC97", true)]
    [InlineData("ES1370", "es1370", true)]
    [InlineData("e1000", "e1000-82544gc", false)]
    [InlineData("usb", "usb-storage", false)]
    [InlineData("virtio-blk", "virtio-scsi-pci", false)]
    [InlineData("lsi", "ich9-ahci", false)]
    public void A_second_name_is_no_other_device(string driver, string type, bool same) => Assert.Equal(same, DeviceAlias.Names(driver, type));

    // QEMU's own word on each, from the binary that is here.
    [Fact(Timeout = 120_000)]
    public async Task QEMU_calls_them_so()
    {
        await using var qemu = await QemuProcess.StartAsync(
            "-machine", "pc", "-device", "ahci,id=a", "-device", "lsi,id=b", "-device", "virtio-rng,id=c", "-device", "e1000,id=d", "-device", "virtio-balloon,id=e",
            "-device", "virtio-keyboard,id=f", "-device", "virtio-scsi,id=g", "-device", "virtio-serial,id=h");
        await using var qmp = await qemu.ConnectAsync();
        var types = (await DeviceSnapshot.ReadAsync(qmp, CommandLine.Parse(["qemu"]))).Peripherals;
        foreach (var (id, driver) in new Dictionary<string, string>
        {
            ["a"] = "ahci",
            ["b"] = "lsi",
            ["c"] = "virtio-rng",
            ["d"] = "e1000",
            ["e"] = "virtio-balloon",
            ["f"] = "virtio-keyboard",
            ["g"] = "virtio-scsi",
            ["h"] = "virtio-serial",
        })
            Assert.True(DeviceAlias.Names(driver, types[id]), $"{driver} is {types[id]}");
    }
}
