namespace VirtHandover.Handover.Files;

/// <summary>What a QEMU does with a file that it opens by path.</summary>
internal enum FileUse
{
    /// <summary>It keeps the file open, for reading and writing.</summary>
    Written,

    /// <summary>It keeps the file open, for reading.</summary>
    Read,

    /// <summary>It reads the file when it starts, and closes it.</summary>
    Loaded,
}

/// <summary>A file that the new QEMU will open by the path that the old one was given.</summary>
/// <param name="Owner">What it belongs to, for a sentence: a block node's name, or an option.</param>
/// <param name="Path">An absolute path, as the VM's QEMU sees it.</param>
/// <param name="Use">What it is opened for.</param>
internal sealed record NamedFile(string Owner, string Path, FileUse Use)
{
    /// <summary>The block driver that opens it (<c>file</c>, <c>host_device</c> …); null for what is no block node.</summary>
    internal string? Driver { get; init; }

    /// <summary>The file, as a sentence names it.</summary>
    internal string Subject => Driver is null ? $"{Path} ({Owner})" : $"The image {Path} of the block node '{Owner}'";
}
