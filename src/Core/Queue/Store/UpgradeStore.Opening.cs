using System.Globalization;
using Microsoft.Data.Sqlite;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

public sealed partial class UpgradeStore
{
    /// <summary>The schema this build reads and writes.</summary>
    internal const int SchemaVersion = 2;

    private const string Anew = "move it away and restart virt-handoverd: the queue is rebuilt from the running domains. Lost are history, approvals, "
        + "deferrals, a pause of the queue (with Mode=auto handovers then start: set Mode=ask first) and what \"policy set\" has granted.";

    // AUTOINCREMENT: a handover's number also names its journal, so it is never given twice, not even after a deletion.
    private const string Schema = """
        CREATE TABLE upgrade (
            domain TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            state TEXT NOT NULL,
            body TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE handover (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            domain TEXT NOT NULL,
            name TEXT NOT NULL,
            rehearse INTEGER NOT NULL,
            by TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            outcome TEXT,
            pause_us INTEGER,
            total_us INTEGER,
            outage_us INTEGER,
            report TEXT
        );
        CREATE INDEX handover_domain ON handover (domain, id);
        CREATE INDEX handover_unfinished ON handover (id) WHERE ended_at IS NULL;
        """ + ControlSchema;

    // What version 2 added: an older database gets it when it is opened.
    private const string ControlSchema = """

        CREATE TABLE control (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            body TEXT NOT NULL
        );
        PRAGMA user_version = 2;
        """;

    /// <summary>Opens the database, makes it when it is missing, and proves that it is sound and can be written.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The store.</returns>
    /// <exception cref="StoreException">It is damaged, of another version, or cannot be written.</exception>
    public static UpgradeStore Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SqliteConnection? connection = null;
        try
        {
            Directory.CreateDirectory(
                Path.GetDirectoryName(Path.GetFullPath(path))!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            MakePrivate(path);
            connection = new SqliteConnection(new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Pooling = false,
                DefaultTimeout = 5,
            }.ToString());
            connection.Open();
            var store = new UpgradeStore(path, connection);
            store.Prepare();
            return store;
        }
        catch (Exception e) when (e is not StoreException and not OutOfMemoryException)
        {
            connection?.Dispose();
            throw Broken(path, "opened", e);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    /// <summary>Also where no unit sets a umask the database is root's alone, and with it what SQLite puts beside it.</summary>
    private static void MakePrivate(string path)
    {
        if (File.Exists(path))
            return;
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    private void Prepare()
    {
        // A decision that was acknowledged must survive a power cut: FULL, not SQLite's advice for WAL.
        Run("PRAGMA journal_mode = WAL");
        Run("PRAGMA synchronous = FULL");
        using var check = Command("PRAGMA quick_check(1)");
        if (check.ExecuteScalar() is not "ok")
        {
            throw new StoreException(
                $"The database {_path} is damaged; {Anew}");
        }

        // IMMEDIATE takes the write lock, so that a read-only file is noticed now and not in the middle of a handover.
        using var transaction = _connection.BeginTransaction(deferred: false);
        using var version = Command("PRAGMA user_version");
        switch (Convert.ToInt64(version.ExecuteScalar(), CultureInfo.InvariantCulture))
        {
            case 0:
                Run(Schema);
                break;
            case 1:
                Run(ControlSchema);
                break;
            case SchemaVersion:
                break;
            case var other:
                throw new StoreException(
                    $"The database {_path} has schema version {other} and this virt-handoverd knows version {SchemaVersion}; install the version that wrote it, or: {Anew}");
        }

        ShortenRows();
        transaction.Commit();
    }

    /// <summary>
    /// Rows that an older release wrote, which kept whatever a QEMU said, are written again as this one would write them. One that cannot be read is left
    /// out: the
    /// queue finds its VM again, and of the history one report is lost, which is better than a service that cannot start.
    /// </summary>
    private void ShortenRows()
    {
        Shorten("domain", "body", "upgrade", text => QueueJson.Write(QueueJson.ReadUpgrade(text, "A row")));
        Shorten("id", "report", "handover", text => QueueJson.Write(QueueJson.ReadReport(text, "A row")));
        Run("DELETE FROM upgrade WHERE length(body) > $most", ("$most", ForeignBounds.RowChars));
        Run("UPDATE handover SET report = NULL WHERE length(report) > $most", ("$most", ForeignBounds.RowChars));
    }

    private void Shorten(string key, string column, string table, Func<string, string> shorter)
    {
        var keys = new List<object>();
        using (var command = Command(
            $"SELECT {key} FROM {table} WHERE length({column}) BETWEEN $long AND $most",
            ("$long", ForeignBounds.LongRowChars), ("$most", ForeignBounds.RowChars)))
        {
            using var rows = command.ExecuteReader();
            while (rows.Read())
                keys.Add(rows.GetValue(0));
        }

        // One after the other: each may be large.
        foreach (var one in keys)
        {
            using var command = Command($"SELECT {column} FROM {table} WHERE {key} = $key", ("$key", one));
            if (command.ExecuteScalar() is not string text)
                continue;
            try
            {
                Run($"UPDATE {table} SET {column} = $text WHERE {key} = $key", ("$key", one), ("$text", shorter(text)));
            }
            catch (StoreException)
            {
                // Damaged, which whoever reads it says.
            }
        }
    }

    private static StoreException Broken(string path, string verb, Exception e) => e is SqliteException { SqliteErrorCode: 11 or 26 }
        ? new StoreException(
            $"The database {path} is damaged ({e.Message}); {Anew}", e)
        : new StoreException(
            $"The database {path} cannot be {verb}: {e.Message} Give it to user virt-handover ('chown virt-handover: {path}*') and see that its disk is not full, then restart virt-handoverd.", e);
}
