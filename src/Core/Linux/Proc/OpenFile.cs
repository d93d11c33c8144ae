namespace VirtHandover.Linux.Proc;

/// <summary>A file that a process has open.</summary>
/// <param name="Link">The path as the kernel names it now; ends in <c> (deleted)</c> when it has none any more.</param>
/// <param name="File">Which file it is.</param>
public sealed record OpenFile(string Link, FileIdentity File)
{
    /// <summary>Lists the regular files and block devices that a process has open. What it opens or closes meanwhile may be missing.</summary>
    /// <param name="proc">Where procfs is.</param>
    /// <param name="processId">The process.</param>
    /// <exception cref="ProcException">It has ended, or may not be read.</exception>
    public static IReadOnlyList<OpenFile> Of(ProcRoot proc, int processId)
    {
        var files = new List<OpenFile>();
        string directory = proc.File(processId, "fd");
        try
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(directory))
            {
                if (FileIdentity.Of(path) is { } file && (file.IsRegular || file.IsBlockDevice) && TryLink(path) is { } link)
                {
                    files.Add(new OpenFile(link, file));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ProcException(directory, isGone: exception is DirectoryNotFoundException, $"{directory} cannot be listed: {exception.Message}");
        }

        return files;
    }

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
