using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Detection;

/// <summary>Why a running QEMU is called outdated.</summary>
public enum StalenessKind
{
    /// <summary>The emulator's file on disk is another build than the running one.</summary>
    Binary,

    /// <summary>The emulator is the same, but a library or module it has mapped was replaced on disk.</summary>
    Libraries,
}

/// <summary>One reason why a domain is outdated.</summary>
/// <param name="Kind">What was replaced.</param>
/// <param name="Paths">The files that were replaced, in host paths.</param>
public sealed record Staleness(StalenessKind Kind, IReadOnlyList<string> Paths)
{
    /// <summary>The files; when there were more than <see cref="ForeignBounds.Paths"/> the last says how many.</summary>
    public IReadOnlyList<string> Paths { get; init; } = ForeignText.Paths(Paths ?? []);
}

/// <summary>One running domain with the QEMU it runs on and the QEMU it would get if it were started now.</summary>
/// <param name="Uuid">The domain's UUID.</param>
/// <param name="Name">The domain's name.</param>
/// <param name="ProcessId">The QEMU process as the host sees it; 0 when it could not be found.</param>
/// <param name="Running">The build the process runs; all empty when it could not be read.</param>
/// <param name="Installed">The build on disk; null when it is missing or cannot be executed.</param>
/// <param name="Reasons">Why it is outdated; empty when it is current.</param>
public sealed record DetectedDomain(
    Guid Uuid,
    string Name,
    int ProcessId,
    QemuBuild Running,
    QemuBuild? Installed,
    IReadOnlyList<Staleness> Reasons)
{
    /// <summary>A sentence on what could not be found out, for example why <see cref="Installed"/> is null; empty when all is known.</summary>
    public string Problem { get; init => field = ForeignText.Sentence(value ?? ""); } = "";

    /// <summary>True when a handover would change what the guest runs on.</summary>
    public bool IsOutdated => Installed is not null && Reasons.Count > 0;
}
