using System.Text.Json.Serialization;
using VirtHandover.Contract;

namespace VirtHandover.Handover;

/// <summary>One handover as it was asked for; validated, nothing below it looks at options again.</summary>
/// <param name="Id">Unique number of this handover, from the queue's store; also the journal's name.</param>
/// <param name="Domain">The domain's UUID.</param>
/// <param name="Rehearse">Stop after the twin check (<c>--dry-run</c>); the guest is not touched.</param>
/// <param name="CopyLimit">How long a <see cref="RamMethod.Copy"/> may take before it is cancelled.</param>
public sealed record HandoverRequest(long Id, Guid Domain, bool Rehearse, TimeSpan CopyLimit)
{
    /// <summary>The domain's name, for sentences; empty when the asker does not know it.</summary>
    public string Name { get => field ?? ""; init; }

    /// <summary>The QEMU the guest runs on, if the queue knows; for the report.</summary>
    public QemuBuild? From { get; init; }

    /// <summary>The QEMU on disk, if the queue knows; for the report.</summary>
    public QemuBuild? To { get; init; }

    /// <summary>The VM, as a sentence names it.</summary>
    [JsonIgnore]
    internal string Subject => Name.Length > 0 ? $"VM {Name}" : $"the VM {Domain}";

    /// <summary>How long the guest may stay paused before the handover is undone.</summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long libvirt may be away because of this handover, beside the pause that its guest is allowed. Past it the VM is taken out of
    /// libvirt's sight, and libvirt comes back for all others.
    /// </summary>
    public TimeSpan MaxOutage
    {
        get => field > TimeSpan.Zero ? field : OutageLimit.Default;
        init;
    }
}
