using VirtHandover.Configuration;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Queue;
using VirtHandover.Service;
using VirtHandover.Tests.Unit.Queue;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>The front's directory, and the queue of a release that kept it as root's.</summary>
public sealed class QueueDirectoryTests : IDisposable
{
    private static readonly SystemUser s_nobody = new(65534, 65534);
    private readonly TemporaryDirectory _directory = new();

    private ServicePaths Paths => new("/nowhere", Path.Combine(_directory.Path, "state"), _directory.Path);

    private string Old => Path.Combine(Paths.State, "virt-handover.db");

    private static SystemUser? User => Environment.IsPrivilegedProcess ? s_nobody : null;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void It_is_the_user_s_alone_and_what_lies_above_it_can_only_be_passed()
    {
        QueueDirectory.Prepare(Paths, User);
        QueueDirectory.Prepare(Paths, User);
        var queue = FileIdentity.Of(Paths.Queue)!.Value;
        Assert.Equal((0x41c0, User?.Id ?? queue.UserId), (queue.Mode, queue.UserId));
        Assert.Equal(0x41c9, FileIdentity.Of(Paths.State)!.Value.Mode);
    }

    [Fact]
    public void A_queue_of_before_is_taken_over_whole()
    {
        Directory.CreateDirectory(Paths.State);
        using (var store = UpgradeStore.Open(Old))
        {
            var queue = UpgradeQueue.Load(store, new QueueOptions(), TimeProvider.System);
            queue.Merge([Sample.Domain(0, assessment: Sample.Good)], queue.BeginScan());
            queue.Approve(Sample.Id(0), "ana (uid 1000)");
            // It ends as it would be killed: what it wrote last is in the log beside the database.
            File.Copy(Old, Old + ".copy");
            File.Copy(Old + "-wal", Old + "-wal.copy");
        }

        File.Move(Old + ".copy", Old, overwrite: true);
        File.Move(Old + "-wal.copy", Old + "-wal");
        QueueDirectory.Prepare(Paths, User);

        Assert.Equal(["queue"], Directory.GetFileSystemEntries(Paths.State).Select(Path.GetFileName));
        var owner = User?.Id ?? FileIdentity.Of(Paths.State)!.Value.UserId;
        Assert.All(Directory.GetFiles(Paths.Queue), file => Assert.Equal(owner, FileIdentity.Of(file)!.Value.UserId));
        using var taken = UpgradeStore.Open(Paths.Database);
        Assert.IsType<UpgradeState.Approved>(Assert.Single(UpgradeQueue.Load(taken, new QueueOptions(), TimeProvider.System).Snapshot().Upgrades).State);
    }

    [Fact]
    public void What_was_written_last_counts_after_a_downgrade_too()
    {
        QueueDirectory.Prepare(Paths, User);
        File.WriteAllText(Paths.Database, "this release");
        File.WriteAllText(Paths.Database + "-wal", "its last words");
        File.WriteAllText(Old, "the older one, later");
        File.SetLastWriteTimeUtc(Paths.Database, DateTime.UnixEpoch.AddDays(1));
        File.SetLastWriteTimeUtc(Paths.Database + "-wal", DateTime.UnixEpoch.AddDays(2));
        File.SetLastWriteTimeUtc(Old, DateTime.UnixEpoch.AddDays(3));
        QueueDirectory.Prepare(Paths, User);
        Assert.Equal("the older one, later", File.ReadAllText(Paths.Database));
        Assert.Equal("this release", File.ReadAllText(Paths.Database + ".before-downgrade"));
        Assert.Equal("its last words", File.ReadAllText(Paths.Database + ".before-downgrade-wal"));
        Assert.False(File.Exists(Paths.Database + "-wal") || File.Exists(Old));
    }

    [Fact]
    public void One_that_is_there_already_is_not_replaced_and_a_link_is_not_followed()
    {
        Directory.CreateDirectory(Paths.Queue);
        File.WriteAllText(Paths.Database, "new");
        File.WriteAllText(Old, "old");
        File.SetLastWriteTimeUtc(Old, DateTime.UnixEpoch.AddDays(1));
        QueueDirectory.Prepare(Paths, User);
        Assert.Equal(("new", "old"), (File.ReadAllText(Paths.Database), File.ReadAllText(Old)));

        File.Delete(Paths.Database);
        File.Delete(Old);
        var other = Path.Combine(_directory.Path, "other");
        File.WriteAllText(other, "other");
        File.CreateSymbolicLink(Old, other);
        File.CreateSymbolicLink(Paths.Database + "-wal", other);
        QueueDirectory.Prepare(Paths, User);
        Assert.False(File.Exists(Paths.Database));
        Assert.NotEqual(s_nobody.Id, FileIdentity.Of(other)!.Value.UserId);
    }

    [Fact]
    public void No_front_makes_a_new_one_while_that_of_before_waits_to_be_taken_over()
    {
        QueueDirectory.DemandTakenOver(Paths);
        Directory.CreateDirectory(Paths.State);
        File.WriteAllText(Old, "old");
        var thrown = Assert.Throws<StoreException>(() => QueueDirectory.DemandTakenOver(Paths));
        Assert.Contains("not taken over yet", thrown.Message, StringComparison.Ordinal);
        QueueDirectory.Prepare(Paths, User);
        QueueDirectory.DemandTakenOver(Paths);
    }

    [Fact]
    public void Nor_does_it_open_the_older_one_of_two()
    {
        QueueDirectory.Prepare(Paths, User);
        File.WriteAllText(Paths.Database, "before the downgrade");
        File.WriteAllText(Old, "after it");
        File.SetLastWriteTimeUtc(Paths.Database, File.GetLastWriteTimeUtc(Old).AddHours(-1));
        _ = Assert.Throws<StoreException>(() => QueueDirectory.DemandTakenOver(Paths));
        QueueDirectory.Prepare(Paths, User);
        QueueDirectory.DemandTakenOver(Paths);
        Assert.Equal("after it", File.ReadAllText(Paths.Database));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_an_older_service_has_open_is_left_to_it()
    {
        Directory.CreateDirectory(Paths.State);
        await File.WriteAllTextAsync(Old, new string('x', 100));
        await using (await LockHolder.Take(Old))
        {
            var thrown = Assert.Throws<LinuxException>(() => QueueDirectory.Prepare(Paths, User));
            Assert.Contains("still runs", thrown.Message, StringComparison.Ordinal);
        }

        QueueDirectory.Prepare(Paths, User);
        Assert.True(File.Exists(Paths.Database));
    }
}
