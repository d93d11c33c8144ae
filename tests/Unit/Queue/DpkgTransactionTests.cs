using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

public sealed class DpkgTransactionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private DpkgTransaction Probe => new() { Directory = _directory.Path };

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 60_000)]
    [InlineData("lock")]
    [InlineData("lock-frontend")]
    public async Task Each_of_the_two_locks_is_a_transaction(string name)
    {
        Assert.False(await Probe.IsRunningAsync(default));
        var path = Path.Combine(_directory.Path, name);
        await File.WriteAllTextAsync(path, "");
        Assert.False(await Probe.IsRunningAsync(default));
        await using (await LockHolder.Take(path))
            Assert.True(await Probe.IsRunningAsync(default));
        Assert.False(await Probe.IsRunningAsync(default));
    }

    [Fact]
    public async Task What_a_killed_dpkg_left_unfinished_is_a_transaction_until_it_is_taken_up()
    {
        var updates = Directory.CreateDirectory(Path.Combine(_directory.Path, "updates")).FullName;
        Assert.False(await Probe.IsRunningAsync(default));
        // What dpkg always leaves there is no change.
        await File.WriteAllTextAsync(Path.Combine(updates, "tmp.i"), "");
        Assert.False(await Probe.IsRunningAsync(default));
        await File.WriteAllTextAsync(Path.Combine(updates, "0001"), "Package: qemu-system-x86\n");
        Assert.True(await Probe.IsRunningAsync(default));
        File.Delete(Path.Combine(updates, "0001"));
        Assert.False(await Probe.IsRunningAsync(default));
    }

    [Fact]
    public async Task Any_of_the_package_systems_is_enough_and_a_host_may_have_none()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "updates"));
        ITransactionProbe none = new DpkgTransaction { Directory = "/nowhere" };
        Assert.False(await new PackageTransactions([none, none]).IsRunningAsync(default));
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "updates", "0000"), "");
        Assert.True(await new PackageTransactions([none, Probe]).IsRunningAsync(default));
        Assert.True(await new PackageTransactions([Probe, none]).IsRunningAsync(default));
    }
}
