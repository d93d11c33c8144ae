using System.Globalization;
using System.Text.Json;
using Serilog.Core;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover;

/// <summary>What is made of what a keeper says, and of one that says nothing more: in the keeper's place stands a script that does as a test tells it.</summary>
public sealed class KeeperRunnerTests : IDisposable
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;

    private readonly TemporaryDirectory _directory = new();
    private readonly HandoverRequest[] _requests =
    [
        new(1, Guid.NewGuid(), false, TimeSpan.Zero) { Name = "a" }, new(2, Guid.NewGuid(), false, TimeSpan.Zero) { Name = "b" },
    ];

    private string Journals => Path.Combine(_directory.Path, "journal");

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task What_it_says_is_passed_on_in_order_until_each_has_ended()
    {
        var says = new List<HandoverNews>
        {
            new(1, new HandoverProgress.Entered(HandoverPhase.Begin, At)), new(2, new HandoverProgress.Copying(1, 2)), new(1, Ended(1)),
            new(2, new HandoverProgress.Alarm("Look.")), new(2, Ended(2)),
        };
        Assert.Equal(says.Select(Text), (await Run(Says(says) + "\nread -r line")).Select(Text));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_it_says_of_others_and_what_nobody_understands_is_left_out()
    {
        HandoverNews[] says = [new(7, Ended(7)), new(1, Ended(1)), new(1, new HandoverProgress.Alarm("Too late.")), new(2, Ended(2))];
        var heard = await Run($"echo\necho '{{'\necho 'null'\nprintf '\\377\\n'\n{Says(says)}");
        Assert.Equal([Text(says[1]), Text(says[3])], heard.Select(Text));
    }

    [Fact(Timeout = 60_000)]
    public async Task It_is_told_which_is_taken_back_and_by_whom_it_was_asked()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        _ = await Run($"read -r line; printf '%s' \"$line\" > {_directory.Path}/heard; printf '%s\\n' \"$@\" > {_directory.Path}/asked\n{Says([new(1, Ended(1)), new(2, Ended(2))])}", cancel.Token);
        Assert.Equal("cancel 2", await File.ReadAllTextAsync(Path.Combine(_directory.Path, "heard")));
        var asked = await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "asked"));
        Assert.Equal([Keeper.Role, Journals], [asked[0], asked[2]]);
        Assert.Equal(_requests.Select(one => one.Domain), Keeper.Parse(asked[1])!.Select(one => one.Domain));
    }

    [Fact(Timeout = 60_000)]
    public async Task It_has_the_journals_in_the_order_of_the_requests_and_locked()
    {
        var news = Start($"readlink /proc/$$/fd/3 /proc/$$/fd/4 > {_directory.Path}/open\n{Says([new(1, new HandoverProgress.Alarm("Now."))])}\nread -r line\n{Says([new(1, Ended(1)), new(2, Ended(2))])}", out var cancel);
        await using var reading = news.GetAsyncEnumerator();
        Assert.True(await reading.MoveNextAsync());
        Assert.Equal([HandoverJournal.FileName(Journals, 1), HandoverJournal.FileName(Journals, 2)], await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "open")));
        Assert.Null(HandoverJournal.TryOpen(Journals, 1));
        Assert.Null(HandoverJournal.TryOpen(Journals, 2));
        await cancel.CancelAsync();
        while (await reading.MoveNextAsync())
        {
        }

        using var free = HandoverJournal.TryOpen(Journals, 1);
        Assert.NotNull(free);
        cancel.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_one_that_dies_without_a_word_each_was_not_begun()
    {
        var reports = Reports(await Run("kill -9 $$"));
        Assert.Equal([1L, 2L], reports.Select(report => report.Id));
        Assert.All(reports, report => Assert.Equal(HandoverOutcome.Undone, report.Outcome));
        Assert.Equal("The handover of VM a could not be begun; it runs on the old QEMU, untouched. The keeper process ended before it began.", reports[0].Sentence);
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_one_that_dies_later_the_report_it_gave_stands_and_the_journal_tells_the_other()
    {
        // Of another boot: nothing is left to be looked for or killed.
        var entry = WriteEntry(new JournalEntry.Opened(_requests[1], "b", "another boot", new ProcessIdentity(1, 1), "/m", "/s") { At = At, Together = [2] });
        var reports = Reports(await Run($"{Says([new(1, Ended(1))])}\ncat {entry} >&4\nkill -9 $$"));
        Assert.Equal([(1L, HandoverOutcome.Done), (2L, HandoverOutcome.Undone)], reports.Select(report => (report.Id, report.Outcome)));
        Assert.Contains("The host was started anew during the handover of VM b", reports[1].Sentence, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_cannot_be_started_has_touched_nothing()
    {
        var reports = Reports(await ToList(new KeeperRunner(Journals, Logger.None) { Program = (Path.Combine(_directory.Path, "none"), ["none"]) }.RunAsync(Orders(default))));
        Assert.Equal(2, reports.Count);
        Assert.All(reports, report => Assert.Contains("could not be begun; it runs on the old QEMU, untouched.", report.Sentence, StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_journal_that_another_process_has_is_not_written_over()
    {
        using (HandoverJournal.TryOpen(Journals, 2))
        {
            var reports = Reports(await Run("echo never > " + Path.Combine(_directory.Path, "ran")));
            Assert.All(reports, report => Assert.Contains("belongs to another process", report.Sentence, StringComparison.Ordinal));
        }

        Assert.False(File.Exists(Path.Combine(_directory.Path, "ran")));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_an_old_handover_of_the_same_number_left_unfinished_is_not_built_upon()
    {
        using (var old = HandoverJournal.TryOpen(Journals, 1)!)
            old.Write(new JournalEntry.Opened(_requests[0], "older", "another boot", new ProcessIdentity(1, 1), "/m", "/s") { At = At });
        var before = await File.ReadAllBytesAsync(HandoverJournal.FileName(Journals, 1));
        var reports = Reports(await Run("exit 0"));
        Assert.All(reports, report => Assert.Contains("tells of an unfinished handover of VM older; restart virt-handoverd, which ends it.", report.Sentence, StringComparison.Ordinal));
        Assert.Equal(before, await File.ReadAllBytesAsync(HandoverJournal.FileName(Journals, 1)));
    }

    private async Task<IReadOnlyList<HandoverNews>> Run(string script, CancellationToken second = default) => await ToList(Runner(script).RunAsync(Orders(second)));

    private IAsyncEnumerable<HandoverNews> Start(string script, out CancellationTokenSource second)
    {
        second = new CancellationTokenSource();
        return Runner(script).RunAsync(Orders(second.Token));
    }

    private HandoverOrder[] Orders(CancellationToken second) => [new(_requests[0], CancellationToken.None), new(_requests[1], second)];

    private KeeperRunner Runner(string script) =>
        new(Journals, Logger.None) { Program = ("/bin/sh", ["sh", _directory.Script(string.Create(CultureInfo.InvariantCulture, $"keeper-{script.Length}"), script)]) };

    private static async Task<IReadOnlyList<HandoverNews>> ToList(IAsyncEnumerable<HandoverNews> news)
    {
        var all = new List<HandoverNews>();
        await foreach (var one in news)
            all.Add(one);
        return all;
    }

    private static IReadOnlyList<HandoverReport> Reports(IEnumerable<HandoverNews> news) =>
        [.. news.Select(one => one.Progress).OfType<HandoverProgress.Ended>().Select(ended => ended.Report)];

    /// <summary>A command that says it, from a file, for a shell has its own mind about quotes.</summary>
    private string Says(IReadOnlyList<HandoverNews> news)
    {
        var path = Path.Combine(_directory.Path, Guid.NewGuid().ToString("N"));
        File.WriteAllLines(path, news.Select(Text));
        return $"cat {path}";
    }

    private string WriteEntry(JournalEntry entry)
    {
        var elsewhere = Path.Combine(_directory.Path, "elsewhere");
        using (var journal = HandoverJournal.TryOpen(elsewhere, 1)!)
            journal.Write(entry);
        return HandoverJournal.FileName(elsewhere, 1);
    }

    private static string Text(HandoverNews news) => JsonSerializer.Serialize(news, HandoverJson.Default.HandoverNews);

    private static HandoverProgress.Ended Ended(long id) => new(
        new HandoverReport { Id = id, Domain = Guid.Empty, Name = "a", Outcome = HandoverOutcome.Done, Sentence = "Done.", StartedAt = At });
}
