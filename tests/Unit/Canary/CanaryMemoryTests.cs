using VirtHandover.Canary;

namespace VirtHandover.Tests.Unit.Canary;

public sealed class CanaryMemoryTests : IDisposable
{
    private static readonly CanaryPass Pass = new("1+2", "aa", "bb");
    private readonly TemporaryDirectory _directory = new();

    private string File => Path.Combine(_directory.Path, "canaries");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void It_knows_exactly_what_came_through()
    {
        Assert.False(new CanaryMemory(File).Has(Pass));
        Assert.True(new CanaryMemory(File).TryAdd(Pass));
        var later = new CanaryMemory(File);
        Assert.True(later.Has(Pass));
        Assert.False(later.Has(Pass with { Libvirt = "1+3" }));
        Assert.False(later.Has(Pass with { From = "bb", To = "aa" }));
        Assert.False(later.Has(Pass with { To = "b" }));
    }

    [Fact]
    public void It_stays_short_and_forgets_the_oldest()
    {
        var memory = new CanaryMemory(File);
        for (var n = 0; n < 120; n++)
            Assert.True(memory.TryAdd(Pass with { To = $"to{n}" }));
        Assert.Equal(100, System.IO.File.ReadAllLines(File).Length);
        Assert.False(memory.Has(Pass with { To = "to19" }));
        Assert.True(memory.Has(Pass with { To = "to20" }));
    }

    [Fact]
    public void Garbage_and_a_file_that_cannot_be_written_only_cost_another_canary()
    {
        System.IO.File.WriteAllBytes(File, [0xff, 0, 10, 32, 32, 10]);
        Assert.False(new CanaryMemory(File).Has(Pass));
        Assert.False(new CanaryMemory(Path.Combine(_directory.Path, "missing", "canaries")).TryAdd(Pass));
    }
}
