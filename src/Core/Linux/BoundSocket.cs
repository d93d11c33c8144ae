using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// One socket of the kernel, by what nobody can forge: the number of the socket itself, which no other has while anybody holds it, and the name that
/// it was bound to. A process that holds it was given it by who made it.
/// </summary>
/// <param name="Inode">The socket's number, as in <c>/proc/PID/fd</c>; not that of its name in the file system.</param>
/// <param name="Name">The path as it was given to <c>bind(2)</c>.</param>
public sealed record BoundSocket(ulong Inode, string Name)
{
    /// <summary>Describes a socket.</summary>
    /// <param name="socket">The socket; it is bound to a path.</param>
    /// <exception cref="LinuxException">It is none.</exception>
    public static BoundSocket Of(SafeHandle socket) =>
        FileIdentity.Of(socket) is { IsSocket: true } file && UnixSockets.NameOf(socket) is { } name
            ? new BoundSocket(file.Inode, name)
            : throw new LinuxException(0, "A descriptor is not a UNIX socket with a path.");

    /// <summary>The processes that hold it, this one aside. A search through all descriptors of the host.</summary>
    /// <returns>Handles; the caller disposes them.</returns>
    public IReadOnlyList<ProcessHandle> Holders()
    {
        var link = LinkTo(Inode);
        return [.. ProcessIds()
            .Where(id => id != Environment.ProcessId && NumberOf(id, link) is not null)
            .Select(id => Held(id, link))
            .OfType<ProcessHandle>()];
    }

    /// <summary>Whether a process holds a socket.</summary>
    /// <param name="process">The process.</param>
    /// <param name="inode">The socket's number.</param>
    internal static bool IsHeldBy(ProcessHandle process, ulong inode) => NumberOf(process.Id, LinkTo(inode)) is not null && !process.HasExited;

    // First the process, then its descriptor: what is ended later is what was looked at.
    private ProcessHandle? Held(int id, string link)
    {
        ProcessHandle? process = null;
        try
        {
            process = ProcessHandle.Open(id);
            if (NumberOf(id, link) is { } number)
            {
                using var socket = process.DuplicateDescriptor(number);
                if (Of(socket) == this)
                    return process;
            }
        }
        catch (LinuxException)
        {
            // It ended while we looked, or closed it.
        }

        process?.Dispose();
        return null;
    }

    private static string LinkTo(ulong inode) => string.Create(CultureInfo.InvariantCulture, $"socket:[{inode}]");

    private static IEnumerable<int> ProcessIds()
    {
        foreach (var directory in Directory.EnumerateDirectories(ProcRoot.Host.Path))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                yield return id;
        }
    }

    private static int? NumberOf(int process, string link)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(ProcRoot.Host.File(process, "fd")).FirstOrDefault(file => LinkOf(file) == link) is { } found
                ? int.Parse(Path.GetFileName(found), NumberStyles.None, CultureInfo.InvariantCulture)
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // it ended while we looked
        }
    }

    private static string? LinkOf(string file)
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
}
