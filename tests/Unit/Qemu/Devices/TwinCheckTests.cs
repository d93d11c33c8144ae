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

    public static TheoryData<string, string> Pairs => new()
    {
        { "i440fx-7.2.22-running", "i440fx-10.0.2-twin" },
        { "q35-7.2.22-running", "q35-10.0.2-twin" },
        { "i440fx-10.0.2-twin", "i440fx-10.0.2-twin" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Recorded_versions_are_twins(string source, string twin) =>
        Assert.Empty(TwinCheck.Compare(await ReadAsync(source), await ReadAsync(twin), []));

    [Fact(Timeout = 180_000)]
    public async Task Two_equal_qemus_are_twins_even_when_one_has_run()
    {
        await using var first = await QemuProcess.StartAsync(Machine);
        await using var second = await QemuProcess.StartAsync([.. Machine, "-incoming", "defer"]);
        await using var source = await first.ConnectAsync();
        await using var twin = await second.ConnectAsync();
        await source.ContAsync();
        await source.StopAsync();
        Assert.Empty(TwinCheck.Compare(await DeviceSnapshot.ReadAsync(source), await DeviceSnapshot.ReadAsync(twin), []));
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
        var found = TwinCheck.Compare(await DeviceSnapshot.ReadAsync(source), await DeviceSnapshot.ReadAsync(twin), []);
        Assert.Contains(found, d => d.Sentence.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Longer_queues_other_sizes_and_fewer_cpu_features_have_codes_of_their_own()
    {
        var source = await ReadAsync("i440fx-7.2.22-running");
        Assert.Equal(["VQ_SIZE"], Codes(source with { Virtio = [.. source.Virtio.Select(v => v.Name == "virtio-blk" ? v with { Queues = [new Virtqueue(0, 1024, 1024)] } : v)] }, source));
        Assert.Equal(["ROM_SIZE"], Codes(source, source with { RamBlocks = [.. source.RamBlocks.Select(b => b.Name == "pc.bios" ? b with { Total = b.Total * 2 } : b)] }));
        Assert.Equal(["RAMBLOCK_DIFF"], Codes(source, source with { RamBlocks = [.. source.RamBlocks.Skip(1)] }));
        var less = source.Cpu with { Words = [.. source.Cpu.Words.Select(w => w with { Bits = w.Bits & ~1u })] };
        Assert.Equal(["CPU_LESS"], Codes(source, source with { Cpu = less }).Distinct());
        Assert.Equal(["CPU_MORE"], Codes(source with { Cpu = less }, source).Distinct());
    }

    [Fact]
    public async Task Late_network_devices_are_not_missed_and_must_not_be_early()
    {
        var source = await ReadAsync("i440fx-7.2.22-running");
        var nic = LateNic.Of(new("-device", "virtio-net-pci,netdev=n,id=net0"), new("-netdev", "tap,id=n,fd=3"));
        var with = source with
        {
            Peripherals = new Dictionary<string, string>(source.Peripherals) { ["net0"] = "virtio-net-pci" },
            RamBlocks = [.. source.RamBlocks, new RamBlock("0000:00:03.0/virtio-net-pci.rom", "4 KiB", 262144, 262144)],
            Virtio = [.. source.Virtio, new VirtioSnapshot("net0", "virtio-net", new HashSet<string>(), 0, [new Virtqueue(0, 256, 256)])],
        };
        Assert.Empty(TwinCheck.Compare(with, source, [nic]));
        Assert.NotEmpty(TwinCheck.Compare(with, with, [nic]));
        Assert.NotEmpty(TwinCheck.Compare(with, source, []));
        var longer = with with { Virtio = [.. source.Virtio, new VirtioSnapshot("net0", "virtio-net", new HashSet<string>(), 0, [new Virtqueue(0, 1024, 1024)])] };
        Assert.Equal("VQ_SIZE", Assert.Single(TwinCheck.Compare(longer, source, [nic])).Code);
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
                    var read = DeviceSnapshot.ReadAsync(new RecordedChannel("i440fx-7.2.22-running", reply => Twist(reply, at, values[value])));
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

    private static IEnumerable<string> Codes(DeviceSnapshot source, DeviceSnapshot twin) => TwinCheck.Compare(source, twin, []).Select(d => d.Code);

    private static Task<DeviceSnapshot> ReadAsync(string name) => DeviceSnapshot.ReadAsync(new RecordedChannel(name));
}
