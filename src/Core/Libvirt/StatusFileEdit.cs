namespace VirtHandover.Libvirt;

/// <summary>What a handover changes in a status file, and nothing else.</summary>
public sealed record StatusFileEdit
{
    /// <summary>The QEMU process libvirt is to adopt.</summary>
    public required int ProcessId { get; init; }

    /// <summary>New path of each pseudo terminal, by its old path. One that the file does not name is not an error.</summary>
    public IReadOnlyDictionary<string, string> Ptys { get; init; } = new Dictionary<string, string>();
}
