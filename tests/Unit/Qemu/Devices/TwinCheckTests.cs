using System.Text;
using CsCheck;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.Devices;

public class TwinCheckTests
{
    private static readonly string[] Machine =
    [
        "-machine", "pc", "-smp", "2", "-object", "iothread,id=io1", "-chardev", "null,id=c0", "-device", "isa-serial,chardev=c0,id=serial0",
        "-blockdev", """{"driver":"null-co","node-name":"d0","read-zeroes":true}""", "-device", "virtio-blk-pci,drive=d0,id=disk0,iothread=io1",
        "-device", "VGA,id=video0,vgamem_mb=16",
    ];

    private static readonly CommandLine s_line = CommandLine.Parse(["qemu", .. Machine]);

    public static TheoryData<string, string> Pairs => new()
    {
        { "i440fx-7.2.22-running", "i440fx-10.0.2-twin" },
        { "q35-7.2.22-running", "q35-10.0.2-twin" },
        { "i440fx-10.0.2-twin", "i440fx-10.0.2-twin" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Recorded_versions_are_twins(string source, string twin) =>
        Assert.Empty(Compare(await ReadAsync(source), await ReadAsync(twin)));

    [Fact(Timeout = 180_000)]
    public async Task Two_equal_qemus_are_twins_even_when_one_has_run()
    {
        await using var first = await QemuProcess.StartAsync(Machine);
        await using var second = await QemuProcess.StartAsync([.. Machine, "-incoming", "defer"]);
        await using var source = await first.ConnectAsync();
        await using var twin = await second.ConnectAsync();
        await source.ContAsync();
        await source.StopAsync();
        Assert.Empty(Compare(await TwinSnapshot.ReadAsync(source, s_line), await TwinSnapshot.ReadAsync(twin, s_line)));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("VGA,id=video0,vgamem_mb=16", "VGA,id=video0,vgamem_mb=32", "video0")]
    [InlineData("virtio-blk-pci,drive=d0,id=disk0,iothread=io1", "virtio-blk-pci,drive=d0,id=disk0,iothread=io1,queue-size=128", "queue")]
    [InlineData("virtio-blk-pci,drive=d0,id=disk0,iothread=io1", "virtio-blk-pci,drive=d0,id=disk9,iothread=io1", "disk9")]
    [InlineData("virtio-blk-pci,drive=d0,id=disk0,iothread=io1", "virtio-blk-pci,drive=d0,id=disk0,iothread=io1,addr=0x9", "addr")]
    [InlineData("2", "1", "vCPUs")]
    [InlineData("iothread,id=io1", "iothread,id=io2", "io2")]
    [InlineData("null,id=c0", "null,id=c9", "c9")]
    public async Task A_tampered_twin_is_refused(string from, string to, string named)
    {
        // What refers to a renamed object is renamed with it.
        var (old, id) = (from.Split("id=")[^1].Split(',')[0], to.Split("id=")[^1].Split(',')[0]);
        var tampered = Machine.Select(word => word == from ? to : from is "iothread,id=io1" or "null,id=c0" ? word.Replace(old, id, StringComparison.Ordinal) : word).ToArray();
        await using var first = await QemuProcess.StartAsync(Machine);
        await using var second = await QemuProcess.StartAsync(tampered);
        await using var source = await first.ConnectAsync();
        await using var twin = await second.ConnectAsync();
        var found = Compare(await TwinSnapshot.ReadAsync(source, s_line), await TwinSnapshot.ReadAsync(twin, CommandLine.Parse(["qemu", .. tampered])));
        Assert.Contains(found, d => d.Sentence.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Longer_queues_other_sizes_and_fewer_cpu_features_have_codes_of_their_own()
    {
        var source = await ReadAsync("i440fx-7.2.22-running");
        Assert.Equal(["VQ_SIZE"], Codes(source with { Virtio = [.. source.Virtio.Select(v => v.Device == "virtio-disk0" ? v with { Queues = [new Virtqueue(0, 1024)] } : v)] }, source));
        Assert.Equal(["ROM_SIZE"], Codes(source, source with { RamBlocks = [.. source.RamBlocks.Select(b => b.Name == "pc.bios" ? b with { Total = b.Total * 2 } : b)] }));
        Assert.Equal(["RAMBLOCK_DIFF"], Codes(source, source with { RamBlocks = [.. source.RamBlocks.Skip(1)] }));
        var cpu = source.Common.Cpu with { Words = [.. source.Common.Cpu.Words.Select(w => w with { Bits = w.Bits & ~1u })] };
        var less = source with { Common = source.Common with { Cpu = cpu } };
        Assert.Equal(["CPU_LESS"], Codes(source, less).Distinct());
        Assert.Equal(["CPU_MORE"], Codes(less, source).Distinct());
    }

    [Fact]
    public async Task Late_network_devices_are_not_missed_and_must_not_be_early()
    {
        var source = await ReadAsync("i440fx-7.2.22-running");
        var nic = LateNic.Of(new("-device", "virtio-net-pci,netdev=n,id=net0"), new("-netdev", "tap,id=n,fd=3"));
        var with = WithCard(source, 256);
        Assert.Empty(TwinCheck.Compare(with.Common, with, source, [nic]));
        Assert.NotEmpty(TwinCheck.Compare(with.Common, with, with, [nic]));
        Assert.NotEmpty(TwinCheck.Compare(with.Common, with, source, []));
        var longer = WithCard(source, 1024);
        Assert.Equal("VQ_SIZE", Assert.Single(TwinCheck.Compare(longer.Common, longer, source, [nic])).Code);
    }

    // Where the old program cannot be started once more, what a running QEMU is asked is compared all the same.
    [Fact]
    public async Task Without_the_old_program_the_rest_is_compared()
    {
        var source = await ReadAsync("i440fx-7.2.22-running");
        Assert.Empty(TwinCheck.Compare(source.Common, null, await ReadAsync("i440fx-10.0.2-twin"), []));
        var found = TwinCheck.Compare(source.Common, null, await ReadAsync("q35-10.0.2-twin"), []);
        Assert.Contains(found, d => d.Sentence.Contains("pc-i440fx-7.2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pxb_and_its_bridge_of_the_same_id_are_compared_each_with_its_own()
    {
        var source = await ReadAsync("i440fx-7.2.22-running");
        TreeDevice[] pair =
        [
            new("pci.1", "pci-bridge", new Dictionary<string, string> { ["msi"] = "\"off\"" }),
            new("pci.1", "pxb", new Dictionary<string, string> { ["msi"] = "\"auto\"" }),
        ];
        var both = source with { Devices = [.. source.Devices, .. pair] };
        Assert.Empty(Compare(both, source with { Devices = [.. source.Devices, .. pair.Reverse()] }));
        TreeDevice other = pair[0] with { Properties = new Dictionary<string, string> { ["msi"] = "\"on\"" } };
        Assert.Equal("QOM_DIFF", Assert.Single(Compare(both, source with { Devices = [.. source.Devices, other, pair[1]] })).Code);
    }

    [Theory]
    [InlineData("usb-storage", "logical_block_size", "512 (512 B)", "0 (0 B)", true)]
    [InlineData("usb-storage", "physical_block_size", "0 (0 B)", "512 (512 B)", true)]
    [InlineData("usb-storage", "logical_block_size", "512 (512 B)", "4096 (4 KiB)", false)]
    [InlineData("usb-storage", "scsi-hd/logical_block_size", "512 (512 B)", "0 (0 B)", false)]
    [InlineData("ide-hd", "logical_block_size", "512 (512 B)", "0 (0 B)", false)]
    public void A_usb_storage_s_own_sizes_may_be_chosen_by_itself(string type, string name, string one, string other, bool allowed) =>
        Assert.Equal(allowed, ExpectedDifferences.Allows(type, name, one, other));

    // OVMF sets the upper half of a root port's memory window; where it stands other devices have their subsystem.
    [Fact]
    public void A_bridge_has_no_subsystem()
    {
        const string Port = """
            bus: main-system-bus
              type System
              dev: pcie-root-port, id "pci.1"
                addr = 02.0
                class PCI bridge, addr 00:02.0, pci id 1b36:000c (sub 0000:0000)
              dev: virtio-blk-pci, id "disk0"
                class SCSI controller, addr 00:03.0, pci id 1af4:1001 (sub 1af4:0002)
            """;
        var before = DeviceTree.Parse(Port);
        Assert.Equal("1b36:000c", before[0].Properties["pci-id"]);
        Assert.Equal("1af4:1001 (sub 1af4:0002)", before[1].Properties["pci-id"]);
        Assert.Equal(before[0].Properties, DeviceTree.Parse(Port.Replace("000c (sub 0000:0000)", "000c (sub 0000:0008)", StringComparison.Ordinal))[0].Properties);
    }

    [Fact]
    public void Random_tables_are_read_without_a_fault()
    {
        Gen.String[0, 300].Sample(text => RamBlock.Parse(text).Count >= 0 && DeviceTree.Parse(text).Count >= 0);
        Gen.String[Gen.Char["dev: bus,id\"=x0 \n"], 0, 300].Sample(text => RamBlock.Parse(text).Count >= 0 && DeviceTree.Parse(text).Count >= 0);
    }

    [Fact]
    public void Twisted_replies_are_read_or_are_a_protocol_fault()
    {
        string[] values = ["null", "[]", "{}", "-1", "18446744073709551615", "1e400", "\"\\ud800\"", "\"\"", "true"];
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, values.Length - 1]).Sample(
            (at, value) =>
            {
                try
                {
                    var read = TwinSnapshot.ReadAsync(new RecordedChannel("i440fx-7.2.22-running", reply => Twist(reply, at, values[value])), s_line);
                    return read.GetAwaiter().GetResult() is not null;
                }
                catch (Exception e) when (e is QmpProtocolException or QmpException)
                {
                    return true;
                }
            },
            iter: 300);
    }

    // Puts another value in the place of the n-th one.
    private static string Twist(string json, int n, string value)
    {
        var colons = Enumerable.Range(0, json.Length).Where(i => json[i] == ':' && json[i - 1] == '"').ToList();
        if (colons.Count == 0)
            return value;
        var start = colons[n % colons.Count] + 1;
        var tail = json.AsSpan(start).TrimStart();
        if (tail.Length == 0 || tail[0] is '[' or '{')
            return json;
        var length = tail[0] == '"' ? tail[1..].IndexOf('"') + 2 : tail.IndexOfAny(",}]");
        var result = new StringBuilder(json[..start]).Append(value).Append(tail[length..]).ToString();
        try
        {
            using var ok = System.Text.Json.JsonDocument.Parse(result);
            return result;
        }
        catch (System.Text.Json.JsonException)
        {
            return json;
        }
    }

    private static TwinSnapshot WithCard(TwinSnapshot source, long entries) => source with
    {
        Common = source.Common with { Peripherals = new Dictionary<string, string>(source.Common.Peripherals) { ["net0"] = "virtio-net-pci" } },
        RamBlocks = [.. source.RamBlocks, new RamBlock("0000:00:03.0/virtio-net-pci.rom", 262144)],
        Virtio = [.. source.Virtio, new VirtioSnapshot("net0", [new Virtqueue(0, entries)])],
    };

    private static IReadOnlyList<Difference> Compare(TwinSnapshot source, TwinSnapshot twin) => TwinCheck.Compare(source.Common, source, twin, []);

    private static IEnumerable<string> Codes(TwinSnapshot source, TwinSnapshot twin) => Compare(source, twin).Select(d => d.Code);

    private static Task<TwinSnapshot> ReadAsync(string name) => TwinSnapshot.ReadAsync(
        new RecordedChannel(name),
        CommandLine.Parse(["qemu", "-machine", name.StartsWith("q35", StringComparison.Ordinal) ? "pc-q35-7.2,accel=tcg" : "pc-i440fx-7.2,accel=tcg", "-m", "192"]));
}
