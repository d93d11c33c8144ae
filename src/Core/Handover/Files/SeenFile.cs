namespace VirtHandover.Handover.Files;

/// <summary>What was found out about a file that the new QEMU will open.</summary>
/// <param name="Named">The file.</param>
internal sealed record SeenFile(NamedFile Named)
{
    /// <summary>Nothing has that name any more.</summary>
    internal bool IsMissing { get; init; }

    /// <summary>It is one that the running QEMU has open; null when that was not found out.</summary>
    internal bool? IsOpen { get; init; }

    /// <summary>Its path led to another file when the VM's command line was noted.</summary>
    internal bool IsMoved { get; init; }

    /// <summary>It was made or written after the running QEMU had started.</summary>
    internal bool IsNewer { get; init; }

    /// <summary>Why the VM's QEMU could not open it, as the system says; null when it could, or when that was not found out.</summary>
    internal string? Refusal { get; init; }
}
