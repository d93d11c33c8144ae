using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.Devices;

public sealed class MemoryBackendsTests
{
    private static readonly Dictionary<string, string> s_one = new(StringComparer.Ordinal) { ["pc.ram"] = "memory-backend-ram", ["rng0"] = "rng-random" };

    [Theory]
    [InlineData(192L << 20, "-m", "192")]
    [InlineData(192L << 20, "-m", "size=196608k,slots=4,maxmem=1048576k")]
    [InlineData(2L << 30, "-m", "2G")]
    [InlineData(128L << 20)]
    public void A_plain_m_makes_one_of_its_size(long bytes, params string[] words) =>
        Assert.Equal([new MemoryBackend("pc.ram", bytes, false)], MemoryBackends.Of(CommandLine.Parse(["qemu", .. words]), s_one));

    [Theory]
    [InlineData("""{"qom-type":"memory-backend-memfd","id":"pc.ram","size":201326592}""", true)]
    [InlineData("""{"qom-type":"memory-backend-memfd","id":"pc.ram","share":false,"size":201326592}""", false)]
    [InlineData("""{"qom-type":"memory-backend-file","id":"pc.ram","mem-path":"/m","share":true,"size":201326592}""", true)]
    [InlineData("memory-backend-file,id=pc.ram,mem-path=/m,size=192M,share=yes", true)]
    [InlineData("memory-backend-ram,id=pc.ram,size=201326592", false)]
    public void A_written_one_is_as_it_is_written(string option, bool share) =>
        Assert.Equal([new MemoryBackend("pc.ram", 192L << 20, share)], MemoryBackends.Of(CommandLine.Parse(["qemu", "-object", option]), s_one));

    [Fact]
    public void One_that_is_gone_is_not_there_and_one_that_was_plugged_is()
    {
        var line = CommandLine.Parse(["qemu", "-object", "memory-backend-ram,id=a,size=1M", "-object", "memory-backend-ram,id=b,size=1M", "-object", "{"]);
        var found = MemoryBackends.Of(line, new Dictionary<string, string> { ["a"] = "memory-backend-ram", ["memdimm0"] = "memory-backend-ram" });
        Assert.Equal(["a", "memdimm0"], found.Select(memory => memory.Id));
    }

    // What QEMU itself says of them, from a machine without a guest.
    [Theory(Timeout = 120_000)]
    [InlineData("-machine", "pc")]
    [InlineData("-machine", "pc,memory-backend=ram0", "-object", "memory-backend-memfd,id=ram0,size=64M")]
    [InlineData("-machine", "q35,memory-backend=ram0", "-object", "memory-backend-ram,id=ram0,size=64M,share=off")]
    public async Task QEMU_says_the_same(params string[] words)
    {
        await using var qemu = await QemuProcess.StartAsync(words);
        await using var qmp = await qemu.ConnectAsync();
        var read = await DeviceSnapshot.ReadAsync(qmp, CommandLine.Parse(["qemu", "-m", "64", .. words]));
        var said = await qmp.ListAsync("query-memdev", null, m => new MemoryBackend(m.Find("id")?.Text(), m["size"].Natural(), m["share"].Flag()), default);
        Assert.Equal(said, read.Memory);
    }
}
