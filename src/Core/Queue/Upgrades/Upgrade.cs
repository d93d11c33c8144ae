using System.Text.Json.Serialization;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>One running domain in the queue; immutable.</summary>
public sealed record Upgrade
{
    /// <summary>The domain's UUID.</summary>
    public required Guid Domain { get; init; }

    /// <summary>The domain's name: any text, control characters included.</summary>
    public required string Name { get; init; }

    /// <summary>The QEMU process that the last scan saw.</summary>
    public required QemuInstance Instance { get; init; }

    /// <summary>The build it runs.</summary>
    public required QemuBuild Running { get; init; }

    /// <summary>The build on disk; null when it is missing.</summary>
    public QemuBuild? Installed { get; init; }

    /// <summary>Why it is outdated; empty when it is current.</summary>
    public IReadOnlyList<Staleness> Reasons { get; init; } = [];

    /// <summary>The preflight's last result; null while it was not run.</summary>
    public Assessment? Assessment { get; init; }

    /// <summary>When <see cref="Assessment"/> was made; null while it was not.</summary>
    public DateTimeOffset? AssessedAt { get; init; }

    /// <summary>Its own policy, as a scan read it; null while none could. Not kept here but with the domain.</summary>
    [JsonIgnore]
    public DomainPolicy? Policy { get; init; }

    /// <summary>Where it stands.</summary>
    public required UpgradeState State { get; init; }

    /// <summary>The last handover that ended, rehearsals included; null when there was none.</summary>
    public HandoverReport? LastReport { get; init; }

    /// <summary>True when the installed QEMU is the one that the last scan saw.</summary>
    /// <param name="installed">The QEMU on disk now.</param>
    /// <returns>Whether path and build are the same.</returns>
    internal bool HasTarget(QemuBuild? installed) =>
        (installed?.Path, installed?.BuildId) == (Installed?.Path, Installed?.BuildId);
}
