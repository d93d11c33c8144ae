namespace VirtHandover.Libvirt;

/// <summary>A status file of libvirt's cannot be read, understood or written. The message is a sentence that names the file.</summary>
public sealed class StatusFileException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="message">What is wrong with it, and what state it is in.</param>
    public StatusFileException(string path, string message)
        : base(message) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }
}
