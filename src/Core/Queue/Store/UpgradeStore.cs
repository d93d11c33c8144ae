using System.Globalization;
using Microsoft.Data.Sqlite;
using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>Queue and history in one SQLite file. Every public member takes the lock and throws only <see cref="StoreException"/>.</summary>
public sealed partial class UpgradeStore : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;
    private readonly string _path;

    private UpgradeStore(string path, SqliteConnection connection)
    {
        _path = path;
        _connection = connection;
    }

    /// <summary>Every upgrade that was saved.</summary>
    /// <returns>The upgrades, in no order.</returns>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public IReadOnlyList<Upgrade> Load() => Guarded("read", () =>
    {
        using var command = Command("SELECT domain, body FROM upgrade WHERE length(body) <= $most", ("$most", ForeignBounds.RowChars));
        using var rows = command.ExecuteReader();
        var upgrades = new List<Upgrade>();
        while (rows.Read())
        {
            upgrades.Add(QueueJson.ReadUpgrade(rows.GetString(1), $"The entry of domain {rows.GetString(0)} in {_path}"));
        }

        return upgrades;
    });

    /// <summary>Gives a handover its number. It is not started yet.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="name">Its name.</param>
    /// <param name="rehearse">It stops after the twin check.</param>
    /// <param name="by">Who approved or asked for it.</param>
    /// <param name="now">When.</param>
    /// <returns>A number that no other handover has had.</returns>
    /// <exception cref="StoreException">The database cannot be written.</exception>
    public long Create(Guid domain, string name, bool rehearse, string by, DateTimeOffset now) => Guarded("written", () =>
    {
        using var command = Command(
            "INSERT INTO handover (domain, name, rehearse, by, created_at) VALUES ($domain, $name, $rehearse, $by, $now) RETURNING id",
            ("$domain", Text(domain)), ("$name", name), ("$rehearse", rehearse ? 1 : 0), ("$by", by), ("$now", Microseconds(now)));
        return (long)(command.ExecuteScalar() ?? throw new StoreException($"The database {_path} gave a new handover no number."));
    });

    /// <summary>Writes a change, all of it or nothing.</summary>
    /// <param name="change">The change.</param>
    /// <param name="now">When.</param>
    /// <exception cref="StoreException">The database cannot be written; it is as before.</exception>
    public void Commit(StoreChange change, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(change);
        Guarded("written", () =>
        {
            using var transaction = _connection.BeginTransaction();
            foreach (var upgrade in change.Changed)
            {
                Run(
                    "INSERT INTO upgrade (domain, name, state, body) VALUES ($domain, $name, $state, $body) " +
                    "ON CONFLICT (domain) DO UPDATE SET name = $name, state = $state, body = $body",
                    ("$domain", Text(upgrade.Domain)), ("$name", upgrade.Name), ("$state", upgrade.State.Word), ("$body", QueueJson.Write(upgrade)));
            }

            foreach (var domain in change.Removed)
            {
                Run("DELETE FROM upgrade WHERE domain = $domain", ("$domain", Text(domain)));
            }

            if (change.Started != 0)
            {
                Run("UPDATE handover SET started_at = $now WHERE id = $id", ("$id", change.Started), ("$now", Microseconds(now)));
            }

            if (change.Ended is { } report)
            {
                End(report, now);
            }

            if (change.Control is { } control)
            {
                Run(
                    "INSERT INTO control (one, body) VALUES (1, $body) ON CONFLICT (one) DO UPDATE SET body = $body",
                    ("$body", QueueJson.Write(control)));
            }

            transaction.Commit();
            return true;
        });
    }

    /// <summary>Handovers without a result: asked for, or running, when the service ended.</summary>
    /// <returns>The oldest first.</returns>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public IReadOnlyList<HandoverRecord> Unfinished() => Guarded("read", () =>
    {
        using var command = Command(
            "SELECT id, domain, name, created_at, started_at FROM handover WHERE ended_at IS NULL ORDER BY id");
        using var rows = command.ExecuteReader();
        var records = new List<HandoverRecord>();
        while (rows.Read())
        {
            records.Add(new HandoverRecord(
                rows.GetInt64(0), Guid.Parse(rows.GetString(1)), rows.GetString(2),
                DateTimeOffset.UnixEpoch.AddMicroseconds(rows.GetInt64(3)), !rows.IsDBNull(4)));
        }

        return records;
    });

    /// <summary>Results of past handovers.</summary>
    /// <param name="query">Which ones.</param>
    /// <returns>The newest first.</returns>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    public IReadOnlyList<HandoverReport> History(HistoryQuery query) => Guarded("read", () =>
    {
        using var command = Command(
            "SELECT id, report FROM handover WHERE report IS NOT NULL AND length(report) <= $most AND ($domain IS NULL OR domain = $domain) " +
            "AND coalesce(started_at, created_at) >= $since AND coalesce(started_at, created_at) < $until ORDER BY id DESC LIMIT $limit",
            ("$domain", query.Domain is { } one ? Text(one) : DBNull.Value),
            ("$since", query.Since is { } since ? Microseconds(since) : long.MinValue),
            ("$until", query.Until is { } until ? Microseconds(until) : long.MaxValue),
            ("$limit", query.Limit),
            ("$most", ForeignBounds.RowChars));
        using var rows = command.ExecuteReader();
        var reports = new List<HandoverReport>();
        while (rows.Read())
        {
            reports.Add(QueueJson.ReadReport(rows.GetString(1), $"The report of handover {rows.GetInt64(0)} in {_path}"));
        }

        return reports;
    });

    /// <summary>Forgets results of handovers that ended before a moment.</summary>
    /// <param name="before">The moment.</param>
    /// <returns>How many were forgotten.</returns>
    /// <exception cref="StoreException">The database cannot be written.</exception>
    public int Prune(DateTimeOffset before) => Guarded("written", () =>
    {
        using var command = Command("DELETE FROM handover WHERE ended_at < $before", ("$before", Microseconds(before)));
        return command.ExecuteNonQuery();
    });

    /// <summary>Whether the queue as a whole goes on.</summary>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    internal QueueControl LoadControl() => Guarded("read", () =>
    {
        using var command = Command("SELECT body FROM control");
        return command.ExecuteScalar() is string body ? QueueJson.ReadControl(body, $"The state of the queue in {_path}") : new QueueControl();
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _connection.Dispose();
        }
    }

    private void End(HandoverReport report, DateTimeOffset now) => Run(
        "UPDATE handover SET ended_at = $now, outcome = $outcome, pause_us = $pause, total_us = $total, outage_us = $outage, report = $report WHERE id = $id",
        ("$id", report.Id), ("$now", Microseconds(now)), ("$outcome", PhaseWords.Of(report.Outcome)),
        ("$pause", report.PauseMicroseconds), ("$total", report.TotalMicroseconds), ("$outage", report.OutageMicroseconds),
        ("$report", QueueJson.Write(report)));

    private void Run(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a literal; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }

    private T Guarded<T>(string verb, Func<T> work)
    {
        lock (_lock)
        {
            try
            {
                return work();
            }
            catch (Exception e) when (e is SqliteException or InvalidOperationException or InvalidCastException or FormatException or ArgumentException)
            {
                throw Broken(_path, verb, e);
            }
        }
    }

    private static string Text(Guid domain) => domain.ToString("D", CultureInfo.InvariantCulture);

    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
