using System.Text;
using System.Text.Json;
using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

public sealed class UpgradeStoreTests : IDisposable
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private readonly TemporaryDirectory _directory = new();

    private string File => Path.Combine(_directory.Path, "state", "virt-handover.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_state_comes_back_as_it_was()
    {
        UpgradeState[] states =
        [
            new UpgradeState.Current(), new UpgradeState.Pending(), new UpgradeState.Pending("root"), new UpgradeState.Approved("root", s_now), new UpgradeState.Approved("root", s_now) { MaxPause = TimeSpan.FromSeconds(3) },
            new UpgradeState.Running(3, HandoverPhase.Quiesce, s_now, true, "root", new UpgradeState.Deferred(s_now, "x")) { CancelledBy = "y" },
            new UpgradeState.Done(Sample.Report(1, 1, HandoverOutcome.Done), true),
            new UpgradeState.Failed(Sample.Report(1, 1, HandoverOutcome.Lost), "It is lost.\u001b\n\"'"),
            new UpgradeState.Deferred(s_now, "root"), new UpgradeState.Blocked(Sample.Bad.Findings),
        ];
        var upgrades = states.Select((state, n) => new Upgrade
        {
            Domain = Sample.Id(n),
            Name = $"vm \u0000\u001b[31m {n} ü",
            Instance = new QemuInstance(n, ulong.MaxValue, "boot"),
            Running = Sample.Build(1),
            Installed = n % 2 == 0 ? null : Sample.Build(2),
            Reasons = Sample.Domain(n).Domain.Reasons,
            Assessment = n % 3 == 0 ? null : Sample.Bad,
            State = state,
            LastReport = n % 2 == 0 ? null : Sample.Report(n, n, HandoverOutcome.Undone),
        }).ToList();
        using (var store = UpgradeStore.Open(File))
        {
            store.Commit(new StoreChange { Changed = upgrades }, s_now);
        }

        using var again = UpgradeStore.Open(File);
        var loaded = again.Load().OrderBy(upgrade => upgrade.Domain).ToList();
        Assert.Equal(
            upgrades.OrderBy(upgrade => upgrade.Domain).Select(QueueJson.Write),
            loaded.Select(QueueJson.Write));
        Assert.Equal(states.Select(state => state.Word).Order(), loaded.Select(upgrade => upgrade.State.Word).Order());
    }

    [Fact]
    public void History_is_newest_first_and_numbers_are_never_given_twice()
    {
        long last;
        using (var store = UpgradeStore.Open(File))
        {
            foreach (var n in new[] { 1, 2, 1 })
            {
                var id = store.Create(Sample.Id(n), $"vm-{n}", rehearse: false, "root", s_now);
                store.Commit(new StoreChange { Started = id }, s_now);
                store.Commit(new StoreChange { Ended = Sample.Report(id, n, HandoverOutcome.Done) }, s_now);
            }

            last = store.Create(Sample.Id(1), "vm-1", rehearse: true, "root", s_now);
        }

        using var again = UpgradeStore.Open(File);
        Assert.Equal([3L, 2, 1], again.History(new HistoryQuery(null, 10)).Select(report => report.Id));
        Assert.Equal([3L, 1], again.History(new HistoryQuery(Sample.Id(1), 10)).Select(report => report.Id));
        Assert.Equal([3L], again.History(new HistoryQuery(null, 1)).Select(report => report.Id));
        var unfinished = Assert.Single(again.Unfinished());
        Assert.Equal((last, false), (unfinished.Id, unfinished.Started));
        Assert.Equal(last + 1, again.Create(Sample.Id(1), "vm-1", rehearse: true, "root", s_now));
        var report = again.History(new HistoryQuery(Sample.Id(2), 1))[0];
        Assert.Equal(QueueJson.Write(Sample.Report(2, 2, HandoverOutcome.Done)), QueueJson.Write(report));
    }

    [Fact]
    public void A_damaged_file_gives_a_sentence_and_is_left_as_it_is()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        // Not one byte: SQLite takes such a file for an empty one (unixFileSize() in os_unix.c).
        Gen.Byte.Array[2, 4096].Sample(
            bytes =>
            {
                System.IO.File.WriteAllBytes(File, bytes);
                var thrown = Assert.Throws<StoreException>(() => UpgradeStore.Open(File).Dispose());
                Assert.Contains(File, thrown.Message, StringComparison.Ordinal);
                Assert.Equal(bytes, System.IO.File.ReadAllBytes(File));
            },
            iter: 50, threads: 1);
    }

    [Fact]
    public void A_file_cut_or_overwritten_anywhere_throws_only_the_declared_exception()
    {
        using (var store = UpgradeStore.Open(File))
        {
            var id = store.Create(Sample.Id(1), "vm-1", rehearse: false, "root", s_now);
            store.Commit(new StoreChange { Ended = Sample.Report(id, 1, HandoverOutcome.Done) }, s_now);
        }

        var whole = System.IO.File.ReadAllBytes(File);
        Gen.Select(Gen.Int[0, whole.Length], Gen.Byte.Array[0, 64]).Sample(
            (at, noise) =>
            {
                var bytes = noise.Length == 0 ? whole[..at] : [.. whole[..at], .. noise, .. whole[Math.Min(whole.Length, at + noise.Length)..]];
                System.IO.File.WriteAllBytes(File, bytes);
                System.IO.File.Delete(File + "-wal");
                System.IO.File.Delete(File + "-shm");
                try
                {
                    using var store = UpgradeStore.Open(File);
                    store.Load();
                    store.Unfinished();
                    store.History(new HistoryQuery(null, 10));
                }
                catch (StoreException e)
                {
                    Assert.Contains(File, e.Message, StringComparison.Ordinal);
                }
            },
            iter: 200, threads: 1);
    }

    [Fact]
    public void A_newer_schema_is_not_touched()
    {
        using (UpgradeStore.Open(File))
        {
        }

        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        var thrown = Assert.Throws<StoreException>(() => UpgradeStore.Open(File));
        Assert.Contains("schema version 99", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_where_the_directory_should_be_gives_a_sentence()
    {
        System.IO.File.WriteAllText(Path.Combine(_directory.Path, "state"), "");
        var thrown = Assert.Throws<StoreException>(() => UpgradeStore.Open(File));
        Assert.Contains("cannot be opened", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_that_is_no_upgrade_throws_only_the_declared_exception()
    {
        var whole = QueueJson.Write(new Upgrade
        {
            Domain = Sample.Id(1),
            Name = "vm-1",
            Instance = new QemuInstance(1, 2, "b"),
            Running = Sample.Build(1),
            State = new UpgradeState.Failed(Sample.Report(1, 1, HandoverOutcome.Undone), "x"),
        });
        Gen.OneOf(Gen.String, Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Char, (at, c) => new StringBuilder(whole) { [at] = c }.ToString()))
            .Sample(text =>
            {
                try
                {
                    Assert.NotNull(QueueJson.ReadUpgrade(text, "It").State);
                }
                catch (StoreException)
                {
                }
            });
    }

    [Fact]
    public void A_database_of_the_first_version_is_taken_over_and_old_results_are_forgotten()
    {
        var now = DateTimeOffset.UnixEpoch.AddDays(20_000);
        using (var store = UpgradeStore.Open(File))
        {
            foreach (var day in new[] { 0, 300 })
            {
                var id = store.Create(Sample.Id(0), "vm-0", rehearse: false, "root", now.AddDays(day));
                store.Commit(new StoreChange { Ended = Sample.Report(id, 0, HandoverOutcome.Done) }, now.AddDays(day));
            }

            store.Create(Sample.Id(1), "vm-1", rehearse: false, "root", now);
        }

        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE control; PRAGMA user_version = 1";
            command.ExecuteNonQuery();
        }

        using var again = UpgradeStore.Open(File);
        Assert.Equal(new QueueControl(), again.LoadControl());
        var control = new QueueControl(new QueuePause("root", now, "Because."), 2);
        again.Commit(new StoreChange { Control = control }, now);
        Assert.Equal(control, again.LoadControl());
        Assert.Equal(1, again.Prune(now.AddDays(200)));
        Assert.Equal(2, Assert.Single(again.History(new HistoryQuery(null, 10))).Id);
        Assert.Single(again.Unfinished());
    }

    [Theory]
    [InlineData(200_000)]
    [InlineData(3_000)]
    public void A_database_that_an_attack_has_grown_is_read_and_shortened(int findings)
    {
        long id;
        using (var store = UpgradeStore.Open(File))
        {
            id = store.Create(Sample.Id(1), "vm-1", rehearse: false, "root", s_now);
            store.Commit(
                new StoreChange
                {
                    Changed =
                    [
                        new Upgrade
                        {
                            Domain = Sample.Id(1), Name = "vm-1", Instance = new QemuInstance(1, 2, "b"), Running = Sample.Build(1), Assessment = Sample.Bad,
                            State = new UpgradeState.Blocked(Sample.Bad.Findings), LastReport = Sample.Report(id, 1, HandoverOutcome.Refused),
                        },
                    ],
                    Ended = Sample.Report(id, 1, HandoverOutcome.Refused),
                },
                s_now);
        }

        // As a release without bounds wrote it: each finding of the row many times over.
        string one = JsonDocument.Parse(QueueJson.Write(Sample.Report(id, 1, HandoverOutcome.Refused))).RootElement.GetProperty("findings")[0].GetRawText();
        Execute("UPDATE upgrade SET body = replace(body, $one, $many)", one, string.Join(',', Enumerable.Repeat(one, findings)));
        Execute("UPDATE handover SET report = replace(report, $one, $many)", one, string.Join(',', Enumerable.Repeat(one, findings)));
        Assert.True(new FileInfo(File).Length > findings * one.Length);

        using var again = UpgradeStore.Open(File);
        Upgrade upgrade = Assert.Single(again.Load());
        HandoverReport report = Assert.Single(again.History(new HistoryQuery(null, 10)));
        IReadOnlyList<Finding>[] all =
            [upgrade.Assessment!.Findings, ((UpgradeState.Blocked)upgrade.State).Findings, upgrade.LastReport!.Findings, report.Findings];
        foreach (var kept in all)
        {
            Assert.InRange(kept.Count, 2, 100);
            Assert.Contains($"And {findings - kept.Count + 1} more", kept[^1].Sentence, StringComparison.Ordinal);
        }

        Assert.InRange(Count("SELECT max(length(body)) FROM upgrade"), 1, 512 * 1024);
    }

    [Fact]
    public void A_row_beyond_all_bounds_is_as_if_it_were_not_there()
    {
        using (var store = UpgradeStore.Open(File))
        {
            var id = store.Create(Sample.Id(1), "vm-1", rehearse: false, "root", s_now);
            store.Commit(
                new StoreChange
                {
                    Changed =
                    [
                        new Upgrade
                        {
                            Domain = Sample.Id(1), Name = "vm-1", Instance = new QemuInstance(1, 2, "b"), Running = Sample.Build(1), State = new UpgradeState.Pending(),
                        },
                    ],
                    Ended = Sample.Report(id, 1, HandoverOutcome.Done),
                },
                s_now);
        }

        Execute("UPDATE upgrade SET body = $one || hex(zeroblob(35000000)) || $many", "", "");
        Execute("UPDATE handover SET report = $one || hex(zeroblob(35000000)) || $many", "", "");
        using var again = UpgradeStore.Open(File);
        Assert.Empty(again.Load());
        Assert.Empty(again.History(new HistoryQuery(null, 10)));
        Assert.Empty(again.Unfinished());
    }

    private void Execute(string sql, string one, string many)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$one", one);
        command.Parameters.AddWithValue("$many", many);
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private long Count(string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
