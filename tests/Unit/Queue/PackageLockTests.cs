using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

public class PackageLockTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_lock_that_another_process_holds_is_seen_and_its_end_too()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, ".rpm.lock");
        Assert.False(PackageLock.IsHeld(path));
        await File.WriteAllTextAsync(path, "");
        Assert.False(PackageLock.IsHeld(path));
        await using (await LockHolder.Take(path))
            Assert.True(PackageLock.IsHeld(path));
        Assert.False(PackageLock.IsHeld(path));
    }
}
