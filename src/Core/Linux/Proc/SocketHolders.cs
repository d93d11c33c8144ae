using System.Globalization;
using System.Text;

namespace VirtHandover.Linux.Proc;

/// <summary>
/// The processes that have a UNIX socket open, found by the path the socket was bound to. A later rename of the path does not change
/// that. The kernel prints paths unescaped, so that any user can forge a line: what is found here needs a second witness.
/// </summary>
/// <param name="Exist">Whether there is such a socket. A process that is just becoming another program may not be seen to hold it.</param>
/// <param name="Processes">Who was seen to hold it.</param>
public sealed record SocketHolders(bool Exist, IReadOnlyList<ProcessIdentity> Processes)
{
    private const int InodeColumn = 6;

    /// <summary>The processes that have a socket open that was bound to the path.</summary>
    /// <param name="proc">Where procfs is; its network namespace's sockets are seen.</param>
    /// <param name="path">The path, as given to bind(2).</param>
    /// <returns>The processes.</returns>
    /// <exception cref="ProcException">The table of sockets cannot be read.</exception>
    public static SocketHolders Of(ProcRoot proc, string path)
    {
        ArgumentNullException.ThrowIfNull(proc);
        // Byte for byte: a path of somebody else's socket need not be UTF-8.
        var table = Encoding.Latin1.GetString(ProcFile.ReadBytes(proc.Path + "/net/unix"));
        var links = Inodes(table, Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path))).Select(inode => $"socket:[{inode}]").ToHashSet(StringComparer.Ordinal);
        return links.Count == 0
            ? new SocketHolders(false, [])
            : new SocketHolders(true, [.. ProcessIds(proc).Where(id => HasOne(proc, id, links)).Select(id => Identity(proc, id)).OfType<ProcessIdentity>()]);
    }

    /// <summary>The inodes of the sockets that were bound to a path.</summary>
    /// <param name="table">The content of <c>/proc/net/unix</c>.</param>
    /// <param name="path">The path.</param>
    internal static IEnumerable<string> Inodes(string table, string path)
    {
        foreach (var line in table.Split('\n'))
        {
            // Num RefCount Protocol Flags Type St Inode Path; the path is last, and may have spaces.
            if (line.EndsWith(' ' + path, StringComparison.Ordinal) &&
                line[..^(path.Length + 1)].Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: InodeColumn + 1 } columns)
            {
                yield return columns[InodeColumn];
            }
        }
    }

    private static IEnumerable<int> ProcessIds(ProcRoot proc)
    {
        foreach (var directory in Directory.EnumerateDirectories(proc.Path))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                yield return id;
        }
    }

    private static bool HasOne(ProcRoot proc, int process, HashSet<string> links)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(proc.File(process, "fd")).Any(file => Link(file) is { } link && links.Contains(link));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // it ended while we looked
        }
    }

    private static string? Link(string file)
    {
        try
        {
            return ProcFile.ReadLink(file);
        }
        catch (ProcException)
        {
            return null; // closed while we looked
        }
    }

    private static ProcessIdentity? Identity(ProcRoot proc, int process)
    {
        try
        {
            return ProcessIdentity.Read(proc, process);
        }
        catch (ProcException)
        {
            return null;
        }
    }
}
