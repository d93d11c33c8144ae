using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Handover.Recovery;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Journal;

/// <summary>
/// The journal of one handover: a file to which lines are appended, each on disk before the next step. A line is the CRC-32 of
/// its JSON, a space and the JSON; what a power cut tore off fails its checksum and ends the reading there. Who writes it holds a
/// lock on it, which the service passes on to the keeper: as long as either lives, nobody else takes the handover for dead.
/// </summary>
public sealed class HandoverJournal : IDisposable
{
    private const int MaxBytes = 16 * 1024 * 1024;
    private const string Suffix = ".journal";

    /// <summary>More than any handover writes: once it has begun, no full disk stops it half-way.</summary>
    private const long Room = 256 * 1024;
    private readonly SafeHandle _file;

    private HandoverJournal(string path, SafeHandle file)
    {
        Path = path;
        _file = file;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The descriptor, for the keeper that is to inherit it and the lock with it.</summary>
    internal SafeHandle Descriptor => _file;

    /// <summary>Opens a journal for writing and takes it; creates it when it is missing.</summary>
    /// <param name="directory">Where journals are kept.</param>
    /// <param name="id">The handover's number.</param>
    /// <returns>The journal; null while another process has it: that handover, or its recovery, is at work.</returns>
    /// <exception cref="LinuxException">The directory or file cannot be written.</exception>
    public static HandoverJournal? TryOpen(string directory, long id)
    {
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LinuxException(0, $"The directory {directory} for handover journals cannot be created: {exception.Message}");
        }

        var path = FileName(directory, id);
        var file = DurableFile.OpenAppend(path);
        if (DurableFile.TryLock(file, path))
            return new HandoverJournal(path, file);
        file.Dispose();
        return null;
    }

    /// <summary>The journal that this process was started with.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="descriptor">Its descriptor here.</param>
    /// <exception cref="LinuxException">There is no such descriptor.</exception>
    internal static HandoverJournal Inherit(string path, int descriptor) => new(path, DurableFile.Inherited(descriptor, path));

    /// <summary>The journal's file.</summary>
    /// <param name="directory">Where journals are kept.</param>
    /// <param name="id">The handover's number.</param>
    public static string FileName(string directory, long id) =>
        System.IO.Path.Combine(directory, id.ToString(CultureInfo.InvariantCulture) + Suffix);

    /// <summary>Writes an entry and waits until it is on the disk.</summary>
    /// <param name="entry">The entry.</param>
    /// <exception cref="LinuxException">The disk is full or broken, or it would be more than anybody reads again; the step must not be taken.</exception>
    public void Write(JournalEntry entry)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(entry, HandoverJson.Default.JournalEntry);
        if (json.Length + (FileIdentity.Of(_file)?.Size ?? 0) > ForeignBounds.JournalBytes)
        {
            throw new LinuxException(
                0, $"The journal {Path} would have more than {ForeignBounds.JournalBytes >> 20} MiB: its QEMU tells of more than any has.");
        }

        Append(json);
    }

    private void Append(ReadOnlySpan<byte> json)
    {
        var prefix = Encoding.ASCII.GetBytes(Crc32.HashToUInt32(json).ToString("x8", CultureInfo.InvariantCulture) + " ");
        // A line break first too: if the line before was torn, this one still stands alone.
        DurableFile.Append(_file, (byte[])[(byte)'\n', .. prefix, .. json, (byte)'\n'], Path);
    }

    /// <summary>Empties it, for a new handover of the same number.</summary>
    /// <exception cref="LinuxException">The disk refused.</exception>
    internal void Clear()
    {
        DurableFile.Empty(_file, Path);
        DurableFile.Reserve(_file, Room, Path);
    }

    /// <summary>Writes an entry if it can be: for steps that are right whether they are on the disk or not.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns>False when the disk refused.</returns>
    internal bool TryWrite(JournalEntry entry)
    {
        try
        {
            // Beyond the bound, too: there is room for what only says how far it got.
            Append(JsonSerializer.SerializeToUtf8Bytes(entry, HandoverJson.Default.JournalEntry));
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>Writes the report, which ends it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="at">When, host clock.</param>
    internal void Close(HandoverReport report, DateTimeOffset at)
    {
        // Without it the next service looks at the processes, finds all in place, and writes it.
        _ = TryWrite(new JournalEntry.Closed(report) { At = at });
        DurableFile.Trim(_file);
    }

    /// <summary>The handovers that have begun and not ended, by their journals.</summary>
    /// <param name="directory">Where journals are kept.</param>
    /// <returns>Their numbers, the oldest first.</returns>
    /// <exception cref="LinuxException">A journal cannot be read.</exception>
    public static IReadOnlyList<long> Unfinished(string directory) =>
        [.. Numbers(directory)
            .Where(id => Read(FileName(directory, id)) is { Count: > 0 } entries && !JournalEntry.IsOver(entries))
            .Order()];

    /// <summary>The handovers that have not ended, also those that have not begun yet: of these there is a file, and whoever has its lock.</summary>
    /// <param name="directory">Where journals are kept.</param>
    /// <returns>Their numbers, the oldest first.</returns>
    /// <exception cref="LinuxException">A journal cannot be read.</exception>
    internal static IReadOnlyList<long> Open(string directory) =>
        [.. Numbers(directory).Where(id => !JournalEntry.IsOver(Read(FileName(directory, id)))).Order()];

    /// <summary>Deletes the oldest journals, but none of a handover that has not ended. History is kept elsewhere: these are for whoever looks for a fault.</summary>
    /// <param name="directory">Where journals are kept.</param>
    /// <param name="keep">How many stay.</param>
    /// <exception cref="LinuxException">A journal cannot be read.</exception>
    internal static void Prune(string directory, int keep)
    {
        foreach (var id in Numbers(directory).OrderDescending().Skip(keep))
        {
            var path = FileName(directory, id);
            // Of one whose VM is out of libvirt's sight it is all that is known.
            if (Read(path) is var entries && (!JournalEntry.IsOver(entries) || HandoverTrace.Of(entries) is { IsHidden: true }))
                continue;
            try
            {
                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // One too many is in nobody's way; a disk that is broken shows itself where it matters.
            }
        }
    }

    /// <summary>Deletes journals in which a password stands, as older releases wrote them; none of a handover that has not ended, which needs it.</summary>
    /// <param name="directory">Where journals are kept.</param>
    /// <exception cref="LinuxException">A journal cannot be read.</exception>
    public static void ForgetPasswords(string directory)
    {
        foreach (var id in Numbers(directory).ToList())
        {
            var entries = Read(FileName(directory, id));
            if (!entries.Any(entry => entry is JournalEntry.Closed)
                || !entries.OfType<JournalEntry.Committed>().Any(entry => HasPassword(entry.Adoption)))
            {
                continue;
            }

            try
            {
                File.Delete(FileName(directory, id));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // As above.
            }
        }
    }

    private static bool HasPassword(AdoptionPlan plan) =>
        plan is { Replays: { } replays, LogicalArguments: { } words }
        && (replays.Any(replay => replay.Arguments?.ContainsKey("password") == true) || words.Any(word => Secrets.Redact(word ?? "") != (word ?? "")));

    /// <summary>Reads the entries up to the first that is torn.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The entries in order; empty for a missing or unusable file. Never throws for what is in the file.</returns>
    /// <exception cref="LinuxException">The file exists and cannot be read.</exception>
    public static IReadOnlyList<JournalEntry> Read(string path)
    {
        byte[] content;
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                return [];
            content = File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LinuxException(0, $"The journal {path} cannot be read: {exception.Message}");
        }

        return Parse(content);
    }

    /// <summary>Reads the entries of a journal's content.</summary>
    /// <param name="content">Any bytes.</param>
    /// <returns>The entries up to the first that is torn.</returns>
    public static IReadOnlyList<JournalEntry> Parse(ReadOnlySpan<byte> content)
    {
        var entries = new List<JournalEntry>();
        while (!content.IsEmpty)
        {
            var end = content.IndexOf((byte)'\n');
            // The line break is the last byte written: without it the line is torn even if its JSON is whole.
            if (end < 0)
                break;
            var line = content[..end];
            content = content[(end + 1)..];
            if (line.IsEmpty)
                continue;
            if (ParseLine(line) is not { } entry)
                break;
            entries.Add(entry);
        }

        return entries;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static IEnumerable<long> Numbers(string directory) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, "*" + Suffix)
            .Select(file => long.TryParse(System.IO.Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : -1)
            .Where(id => id >= 0)
        : [];

    private static JournalEntry? ParseLine(ReadOnlySpan<byte> line)
    {
        if (line.Length < 10 || line[8] != ' ' ||
            !uint.TryParse(Encoding.ASCII.GetString(line[..8]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sum) ||
            Crc32.HashToUInt32(line[9..]) != sum)
        {
            return null;
        }

        return ForeignJson.TryRead(line[9..], HandoverJson.Default.JournalEntry);
    }
}
