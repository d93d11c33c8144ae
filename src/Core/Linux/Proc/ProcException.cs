namespace VirtHandover.Linux.Proc;

/// <summary>A file of procfs could not be read, or does not say what the kernel documents.</summary>
public sealed class ProcException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isGone">The process has ended.</param>
    /// <param name="message">A sentence.</param>
    public ProcException(string path, bool isGone, string message)
        : base(message)
    {
        Path = path;
        IsGone = isGone;
    }

    /// <summary>The file that was read.</summary>
    public string Path { get; }

    /// <summary>True when the process has ended; false when the file is unreadable or malformed.</summary>
    public bool IsGone { get; }

    internal static ProcException Malformed(string path, string what) => new(path, isGone: false, $"{path} is malformed: {what}.");
}
