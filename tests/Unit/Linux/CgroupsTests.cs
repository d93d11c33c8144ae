using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

public sealed class CgroupsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_left_is_that_of_the_tightest_group_and_pages_of_files_count_as_left(bool unified)
    {
        var groups = new Cgroups([new CgroupPlace(_directory.Path, unified, "/machine/vm/emulator")]);
        Assert.Null(groups.MemoryLeft);
        Write(unified, "machine", limit: unified ? "max" : "9223372036854771712", used: 5000, files: 0);
        Assert.Null(groups.MemoryLeft);
        Write(unified, "machine/vm", limit: "1000", used: 900, files: 0);
        Assert.Equal(100, groups.MemoryLeft);
        Write(unified, "machine/vm", limit: "1000", used: 900, files: 300);
        Assert.Equal(400, groups.MemoryLeft);
        Write(unified, "machine", limit: "5200", used: 5000, files: 0);
        Assert.Equal(200, groups.MemoryLeft);
        Write(unified, "machine", limit: "4000", used: 5000, files: 0);
        Assert.Equal(0, groups.MemoryLeft);
    }

    private void Write(bool unified, string group, string limit, long used, long files)
    {
        var path = Directory.CreateDirectory(Path.Combine(_directory.Path, group)).FullName;
        File.WriteAllText(Path.Combine(path, unified ? "memory.max" : "memory.limit_in_bytes"), limit + "\n");
        File.WriteAllText(Path.Combine(path, unified ? "memory.current" : "memory.usage_in_bytes"), $"{used}\n");
        File.WriteAllText(Path.Combine(path, "memory.stat"), unified ? $"anon 1\ninactive_file {files}\n" : $"inactive_file 7\ntotal_inactive_file {files}\n");
    }
}
