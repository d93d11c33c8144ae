using Serilog.Core;
using Serilog.Events;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;
using VirtHandover.Logging;
using VirtHandover.Tests.Unit.Logging;

namespace VirtHandover.Tests.Unit.Handover.Recovery;

/// <summary>A recovery knows what it did, whether or not it could write it down.</summary>
public sealed class UnwrittenEndTests : IDisposable
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task What_it_did_is_its_report_though_no_journal_takes_it()
    {
        using var group = new JournalGroup([Unwritable(1), Unwritable(2)]);
        var reports = await HandoverRecovery.EndAsync(group, new AlarmSink(Assert.Fail), Logger.None, CancellationToken.None);
        Assert.Equal([1L, 2L], reports.Select(report => report.Id));
        Assert.All(reports, report => Assert.Contains("was started anew during the handover of VM a", report.Sentence, StringComparison.Ordinal));
        Assert.Equal(2, group.Unfinished.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_gate_says_which_handover_it_brings_to_its_end()
    {
        var domain = Guid.NewGuid();
        using (var journal = HandoverJournal.TryOpen(_directory.Path, 7)!)
            journal.Write(Opened(7, domain));
        var heard = new HeardLog();
        await HandoverRecovery.OpenGateAsync(_directory.Path, heard.Log, CancellationToken.None);
        var lines = heard.Take();
        Assert.Equal("The handover of VM a was interrupted; it is brought to an end before libvirt starts.", lines[0].Text);
        Assert.Equal(2, lines.Count);
        Assert.All(lines, line => Assert.Equal(
            ("handover-recovered", LogEventLevel.Warning, "a", domain.ToString(), "7"),
            (line.Kind, line.Level, Assert.Single(line.Values(LogField.Domain)), Assert.Single(line.Values(LogField.Uuid)), Assert.Single(line.Values(LogField.Id)))));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_recovery_ends_all_that_ran_together_and_none_twice()
    {
        foreach (var id in (long[])[1, 2])
        {
            using var journal = HandoverJournal.TryOpen(_directory.Path, id)!;
            journal.Write(Opened(id));
        }

        var runner = new KeeperRunner(_directory.Path, Logger.None);
        Assert.NotNull(await runner.RecoverAsync(1, Guid.Empty, new AlarmSink(Assert.Fail), CancellationToken.None));
        // Whatever has become of its journal meanwhile.
        File.Delete(HandoverJournal.FileName(_directory.Path, 2));
        Assert.Equal(2, (await runner.RecoverAsync(2, Guid.Empty, new AlarmSink(Assert.Fail), CancellationToken.None))?.Id);
        Assert.Equal(2, (await runner.RecoverAsync(2, Guid.Empty, new AlarmSink(Assert.Fail), CancellationToken.None))?.Id);
        Assert.Null(await runner.RecoverAsync(3, Guid.Empty, new AlarmSink(Assert.Fail), CancellationToken.None));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_journal_of_the_same_number_that_tells_of_another_VM_is_not_believed()
    {
        var domain = Guid.NewGuid();
        using (var journal = HandoverJournal.TryOpen(_directory.Path, 1)!)
            journal.Write(Opened(1, domain));

        var runner = new KeeperRunner(_directory.Path, Logger.None);
        Assert.Null(await runner.RecoverAsync(1, Guid.NewGuid(), new AlarmSink(Assert.Fail), CancellationToken.None));
        Assert.Equal(domain, (await runner.RecoverAsync(1, domain, new AlarmSink(Assert.Fail), CancellationToken.None))?.Domain);
    }

    [Fact(Timeout = 60_000)]
    public async Task Numbers_that_somebody_made_up_leave_no_files()
    {
        var runner = new KeeperRunner(_directory.Path, Logger.None);
        for (var id = 0; id < 50; id++)
            Assert.Null(await runner.RecoverAsync(id, Guid.Empty, new AlarmSink(Assert.Fail), CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_is_about_to_begin_has_not_ended_and_one_that_never_began_has()
    {
        var runner = new KeeperRunner(_directory.Path, Logger.None);
        HandoverJournal.TryOpen(_directory.Path, 1)!.Dispose();
        using (HandoverJournal.TryOpen(_directory.Path, 2))
        using (var begun = HandoverJournal.TryOpen(_directory.Path, 3)!)
        {
            begun.Write(Opened(3));
            await AssertUnfinishedAsync(runner, [2, 3]);
        }

        await AssertUnfinishedAsync(runner, [3]);
        _ = await runner.RecoverAsync(3, Guid.Empty, new AlarmSink(Assert.Fail), CancellationToken.None);
        await AssertUnfinishedAsync(runner, []);
    }

    // A child that another test starts meanwhile has each journal's lock, too, until its execve(2).
    private static async Task AssertUnfinishedAsync(KeeperRunner runner, long[] expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        IReadOnlyList<long> now;
        while (!(now = await runner.UnfinishedAsync(CancellationToken.None)).SequenceEqual(expected) && !limit.IsCancellationRequested)
            await Task.Yield();
        Assert.Equal(expected, now);
    }

    [Fact]
    public void The_pause_of_one_that_broke_off_is_told_by_its_journal()
    {
        var opened = Opened(1);
        var quiescing = new JournalEntry.Quiescing(new DaemonRecipe([], "/d", ["d"], [])) { At = At };
        var pausing = new JournalEntry.Pausing(true, [], []) { At = At.AddSeconds(1) };
        var ran = new JournalEntry.TargetRuns { At = At.AddSeconds(3) };
        var end = At.AddSeconds(9);
        Assert.Equal(TimeSpan.FromSeconds(8), HandoverTrace.Of([opened, quiescing, pausing])!.PauseUntil(end));
        Assert.Equal(TimeSpan.FromSeconds(2), HandoverTrace.Of([opened, quiescing, pausing, ran])!.PauseUntil(end));
        Assert.Equal(TimeSpan.Zero, HandoverTrace.Of([opened, quiescing])!.PauseUntil(end));
        // Somebody else had paused it, or only a copy's first short stop was under way.
        Assert.Equal(TimeSpan.Zero, HandoverTrace.Of([opened, quiescing, pausing with { WasRunning = false }])!.PauseUntil(end));
        Assert.Equal(TimeSpan.Zero, HandoverTrace.Of([opened, pausing])!.PauseUntil(end));
        Assert.Equal(TimeSpan.Zero, HandoverTrace.Of([opened, quiescing, pausing])!.PauseUntil(At));
    }

    private HandoverJournal Unwritable(long id)
    {
        var path = HandoverJournal.FileName(_directory.Path, id);
        using (var journal = HandoverJournal.TryOpen(_directory.Path, id)!)
            journal.Write(Opened(id));
        // A descriptor that takes no write, as one on a broken disk; the journal owns it from here on.
        var readOnly = File.OpenHandle(path);
        var number = (int)readOnly.DangerousGetHandle();
        readOnly.SetHandleAsInvalid();
        return HandoverJournal.Inherit(path, number);
    }

    // Of another boot: nothing is left to be looked for or killed.
    private static JournalEntry.Opened Opened(long id, Guid domain = default) => new(
        new HandoverRequest(id, domain, false, TimeSpan.Zero), "a", "another boot", new ProcessIdentity(1, 1), "/m", "/s")
    { At = At, Together = [1, 2] };
}
