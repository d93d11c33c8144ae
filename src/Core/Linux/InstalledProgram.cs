namespace VirtHandover.Linux;

/// <summary>
/// Which file "the installed QEMU" is: the one that a start of the domain would run now. A domain's emulator may be a link, or a script
/// that starts the real one (Debian's <c>/usr/bin/kvm</c>); an upgrade replaces what they lead to, and leaves them as they are.
/// </summary>
internal static class InstalledProgram
{
    private const string Deleted = " (deleted)";

    /// <summary>Finds it.</summary>
    /// <param name="root">How the root directory is reached from here; empty for the host's.</param>
    /// <param name="emulator">The path in the domain's XML.</param>
    /// <param name="started">What the process was started from; only of a script it is not known where that leads.</param>
    /// <returns>Its path without links; null when it is not on disk.</returns>
    internal static string? PathOf(string root, string emulator, string started)
    {
        var path = RootedPath.Resolve(root, emulator);
        return path is not null && path != started && IsScript(root + path) ? RootedPath.Resolve(root, started) : path;
    }

    /// <summary>A path as procfs shows it, without the mark of a file that has lost its name.</summary>
    /// <param name="path">What an <c>exe</c> link leads to.</param>
    internal static string WithoutMark(string path) => path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;

    private static bool IsScript(string path)
    {
        try
        {
            using FileStream file = TrustedFile.Open(path).File;
            return file.ReadByte() == '#' && file.ReadByte() == '!';
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
