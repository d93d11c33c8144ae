using Serilog.Core;
using VirtHandover.Configuration;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux.Proc;
using VirtHandover.Queue;
using VirtHandover.Service;
using VirtHandover.Tests.Unit.Queue;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>What the package asks before it is removed.</summary>
public sealed class RetirementTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _said = [];

    private ServicePaths Paths => new(Path.Combine(_directory.Path, "conf"), Path.Combine(_directory.Path, "state"), Path.Combine(_directory.Path, "run"));

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Where_the_service_never_ran_nothing_is_said_and_nothing_is_made()
    {
        Assert.True(await Retire());
        Assert.Empty(_said);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_handover_that_does_not_end_keeps_the_package_installed(bool hasBegun)
    {
        // The keeper holds its journal, from before its first entry on.
        using var keeper = Keeper(hasBegun);
        Assert.False(await Retire(TimeSpan.FromMilliseconds(300)));
        Assert.StartsWith($"The handover of VM {(hasBegun ? "web-01" : "(not known yet)")} has not ended", _said[0], StringComparison.Ordinal);
        Assert.StartsWith("virt-handover is not removed: ", _said[^1], StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_end_of_a_handover_is_awaited_and_told()
    {
        var keeper = Keeper(hasBegun: true);
        var told = new TaskCompletionSource();
        var retirement = Make(sentence =>
        {
            _said.Add(sentence);
            told.TrySetResult();
        }).RunAsync();
        await told.Task;
        Assert.False(retirement.IsCompleted);

        keeper.Close(Sample.Report(7, 0, HandoverOutcome.Done), DateTimeOffset.UnixEpoch);
        keeper.Dispose();
        Assert.True(await retirement);
        Assert.Equal("It ended Done.", _said[^1]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_journal_that_was_never_begun_and_is_nobodys_holds_nobody()
    {
        Keeper(hasBegun: false).Dispose();
        Assert.True(await Retire());
        Assert.Empty(_said);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_people_approved_is_pending_again_and_the_history_stays()
    {
        Directory.CreateDirectory(Paths.State);
        using (var store = UpgradeStore.Open(Paths.Database))
        {
            var queue = UpgradeQueue.Load(store, new QueueOptions(), TimeProvider.System);
            queue.Merge([Sample.Domain(0, assessment: Sample.Good), Sample.Domain(1, assessment: Sample.Good)], queue.BeginScan());
            queue.Approve(Sample.Id(0), "ana (uid 1000)");
        }

        Assert.True(await Retire());
        Assert.Contains("vm-0", Assert.Single(_said), StringComparison.Ordinal);

        using var reopened = UpgradeStore.Open(Paths.Database);
        var loaded = UpgradeQueue.Load(reopened, new QueueOptions(), TimeProvider.System).Snapshot().Upgrades;
        Assert.Equal(2, loaded.Count);
        Assert.All(loaded, upgrade => Assert.IsType<UpgradeState.Pending>(upgrade.State));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_broken_database_does_not_keep_the_package_installed()
    {
        Directory.CreateDirectory(Paths.Queue);
        await File.WriteAllTextAsync(Paths.Database, new string('x', 5000));
        Assert.True(await Retire());
        Assert.StartsWith("Approvals could not be taken back: ", Assert.Single(_said), StringComparison.Ordinal);
    }

    private HandoverJournal Keeper(bool hasBegun)
    {
        var journal = HandoverJournal.TryOpen(Paths.Journals, 7)!;
        if (hasBegun)
        {
            journal.Write(new JournalEntry.Opened(
                new HandoverRequest(7, Guid.NewGuid(), false, TimeSpan.Zero), "web-01", "boot", new ProcessIdentity(1, 1), "/m", "/s")
            { At = DateTimeOffset.UnixEpoch });
        }

        return journal;
    }

    private Task<bool> Retire(TimeSpan? patience = null) =>
        Make(_said.Add, patience).RunAsync();

    private Retirement Make(Action<string> say, TimeSpan? patience = null) => new(
        Paths,
        say,
        () =>
        {
            Approvals.TakeBack(Paths, say);
            return Task.CompletedTask;
        },
        Logger.None)
    { Patience = patience ?? TimeSpan.FromMinutes(1) };
}
