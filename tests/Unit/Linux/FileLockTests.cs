using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>libvirt's <c>driver.pid</c>: every user may read it, so every user may keep a read lock on it.</summary>
public sealed class FileLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "driver.pid");

    public FileLockTests() => File.WriteAllText(Path, "1\n");

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_writer_has_it_and_is_who_holds_it()
    {
        await using LockHolder writer = await LockHolder.Take(Path);
        Assert.Equal(writer.Id, FileLock.Holder(Path));
        Assert.Null(FileLock.TryTake(Path));
        Assert.True(File.Exists(Path));
    }

    // Whoever asks who holds it wants to stop that process, and to start again what it is.
    [Fact(Timeout = 60_000)]
    public async Task A_reader_is_nobody_and_keeps_nobody_away()
    {
        await using LockHolder reader = await LockHolder.TakeAsReader(Path);
        Assert.Null(FileLock.Holder(Path));
        using (FileLock? taken = FileLock.TryTake(Path))
        {
            Assert.NotNull(taken);
            // What the reader has open is another file now, and this one he cannot open.
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        }

        // A daemon that comes next makes its own.
        Assert.False(File.Exists(Path));
    }

    // rpm's .rpm.lock, dpkg's lock-frontend.
    [Fact(Timeout = 60_000)]
    public async Task Who_is_at_work_is_seen_and_who_only_reads_is_not_at_work()
    {
        Assert.False(FileLock.HasWriter(Path + ".none"));
        Assert.False(FileLock.HasWriter(Path));
        Assert.False(FileLock.IsInUse(Path));
        await using (await LockHolder.Take(Path))
            Assert.True(FileLock.HasWriter(Path) && FileLock.IsInUse(Path));
        await using (await LockHolder.TakeAsReader(Path))
        {
            Assert.False(FileLock.HasWriter(Path));
            Assert.True(FileLock.IsInUse(Path));
        }

        Assert.False(FileLock.HasWriter(Path));
        Assert.False(FileLock.IsInUse(Path));
    }

    [Fact]
    public void One_that_waits_for_its_end_waits_for_a_file_without_a_name()
    {
        FileIdentity before = FileIdentity.Of(Path)!.Value;
        using (FileLock taken = FileLock.TryTake(Path)!)
            Assert.True(FileIdentity.Of(Path)!.Value.IsSameFile(before));
        Assert.False(File.Exists(Path));
        using FileLock? again = FileLock.TryTake(Path);
        Assert.NotNull(again);
        // What somebody else has put there stays.
        File.Delete(Path);
        File.WriteAllText(Path, "other");
        again.Dispose();
        Assert.Equal("other", File.ReadAllText(Path));
    }
}
