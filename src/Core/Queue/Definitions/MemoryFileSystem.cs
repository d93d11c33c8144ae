namespace VirtHandover.Queue;

/// <summary>What kind of file system a directory is on.</summary>
internal static class MemoryFileSystem
{
    /// <summary>Looks at the directory, or at the nearest one above it that exists: libvirt makes it when it is needed.</summary>
    /// <param name="directory">An absolute path.</param>
    /// <returns>The type as mount(8) names it, for example <c>tmpfs</c>.</returns>
    public static string TypeOf(string directory)
    {
        var existing = directory;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { Length: > 0 } parent)
        {
            existing = parent;
        }

        try
        {
            return new DriveInfo(existing).DriveFormat;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "unknown";
        }
    }
}
