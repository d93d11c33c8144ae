using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.Devices;

public sealed class RomCheckTests
{
    private static readonly string[] s_machine = ["-machine", "pc", "-device", "VGA,id=video0", "-device", "virtio-net-pci,id=net0", "-device", "e1000,id=net1", "-smp", "2"];

    [Fact(Timeout = 120_000)]
    public async Task A_running_QEMU_has_a_place_for_each_block_of_its_twin()
    {
        await using var source = await QemuProcess.StartAsync(s_machine);
        await using var qmp = await source.ConnectAsync();
        await qmp.ContAsync();
        Assert.Empty(RomCheck.Find(ProcessMaps.Read(ProcRoot.Host, source.Id), await TwinAsync(s_machine)));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_ROM_that_has_grown_is_found_and_the_method_knows_where_it_fails()
    {
        using var directory = new TemporaryDirectory();
        var (small, large) = (Path.Combine(directory.Path, "small.rom"), Path.Combine(directory.Path, "large.rom"));
        await File.WriteAllBytesAsync(small, new byte[50_000]);
        await File.WriteAllBytesAsync(large, new byte[600_000]);
        await using var source = await QemuProcess.StartAsync([.. s_machine, "-device", $"virtio-rng-pci,id=rng0,romfile={small}"]);
        // It answers when its machine is complete.
        (await source.ConnectAsync()).Dispose();
        var maps = ProcessMaps.Read(ProcRoot.Host, source.Id);
        var twin = await TwinAsync([.. s_machine, "-device", $"virtio-rng-pci,id=rng0,romfile={large}"]);
        var found = Assert.Single(RomCheck.Find(maps, twin));
        Assert.Equal("ROM_SIZE", found.Code);
        Assert.Contains("virtio-rng-pci.rom", found.Sentence, StringComparison.Ordinal);

        // Where not even the video memory is found as it is expected, nothing is said of the rest.
        var vram = twin.RamBlocks.Single(block => block.Name.EndsWith("vga.vram", StringComparison.Ordinal)).Total;
        Assert.Empty(RomCheck.Find([.. maps.Where(mapping => mapping.Length != (ulong)vram)], twin));
        Assert.Empty(RomCheck.Find([], twin));
    }

    private static async Task<TwinSnapshot> TwinAsync(string[] words)
    {
        await using var qemu = await QemuProcess.StartAsync(words);
        await using var qmp = await qemu.ConnectAsync();
        return await TwinSnapshot.ReadAsync(qmp, CommandLine.Parse(["qemu", "-m", "64", .. words]));
    }
}
