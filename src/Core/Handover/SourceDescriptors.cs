using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover;

/// <summary>
/// The source's open files, found by what they are and never by number alone: a number on the command line may have been closed
/// and given to something else since.
/// </summary>
internal sealed class SourceDescriptors
{
    private readonly ProcessHandle _source;
    private readonly IReadOnlyDictionary<int, string> _links;

    private SourceDescriptors(ProcessHandle source, IReadOnlyDictionary<int, string> links)
    {
        _source = source;
        _links = links;
    }

    /// <summary>Lists them.</summary>
    /// <exception cref="HandoverException">The source has ended.</exception>
    internal static SourceDescriptors Read(ProcessHandle source)
    {
        var links = new Dictionary<int, string>();
        var directory = ProcRoot.Host.File(source.Id, "fd");
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(directory))
            {
                if (int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var number) && TryLink(path) is { } link)
                    links[number] = link;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HandoverException($"The open files of the VM's QEMU (process {source.Id}) cannot be listed: {exception.Message}");
        }

        return new SourceDescriptors(source, links);
    }

    /// <summary>The number of the descriptor that is a queue of this tap interface.</summary>
    /// <returns>The numbers, one for each queue.</returns>
    internal IReadOnlyList<int> TapsOf(string interfaceName) =>
        [.. _links.Where(link => link.Value is "/dev/net/tun" && InterfaceOf(link.Key) == interfaceName).Select(link => link.Key).Order()];

    /// <summary>A listening UNIX socket at a number that the command line names.</summary>
    /// <exception cref="HandoverException">There is something else at that number.</exception>
    internal SafeHandle ListeningSocket(int number, string meaning)
    {
        var handle = Duplicate(number);
        if (UnixSockets.ListeningPath(handle) is not null)
        {
            // Both QEMUs listen on it for a while, and a client wakes both: the one that comes second would wait in accept(2), guest
            // and monitor with it, until another client comes.
            UnixSockets.NeverBlock(handle);
            return handle;
        }

        handle.Dispose();
        throw new HandoverException($"File descriptor {number} of the VM's QEMU should be the listening socket of {meaning} and is not.");
    }

    /// <summary>A copy of one descriptor.</summary>
    /// <exception cref="HandoverException">It cannot be had.</exception>
    internal SafeFileHandle Duplicate(int number)
    {
        try
        {
            return _source.DuplicateDescriptor(number);
        }
        catch (LinuxException exception)
        {
            throw new HandoverException(exception.Message);
        }
    }

    /// <summary>The numbers of the descriptors whose path fits and whose file is at least so long; one number for each file.</summary>
    internal IReadOnlyList<int> Files(Predicate<string> pathFits, long bytes) =>
        [.. _links.Where(link => pathFits(InstalledProgram.WithoutMark(link.Value)))
            .Select(link => (link.Key, File: FileIdentity.Of(FdPath(link.Key))))
            .Where(open => open.File?.Size >= bytes)
            .GroupBy(open => open.File!.Value.Inode)
            .Select(group => group.Min(open => open.Key))];

    private string FdPath(int number) => ProcRoot.Host.File(_source.Id, string.Create(CultureInfo.InvariantCulture, $"fd/{number}"));

    private string? InterfaceOf(int number)
    {
        try
        {
            return InterfaceIn(ProcFile.ReadText(ProcRoot.Host.File(_source.Id, string.Create(CultureInfo.InvariantCulture, $"fdinfo/{number}"))));
        }
        catch (ProcException)
        {
            return null;
        }
    }

    /// <summary>The tap's name in an <c>fdinfo</c>; null when there is none.</summary>
    internal static string? InterfaceIn(string fdinfo) => fdinfo.Split('\n')
        .Where(line => line.StartsWith("iff:", StringComparison.Ordinal))
        .Select(line => line[4..].Trim())
        .FirstOrDefault();

    private static string? TryLink(string path)
    {
        try
        {
            return ProcFile.ReadLink(path);
        }
        catch (ProcException)
        {
            return null; // closed while we listed
        }
    }
}
