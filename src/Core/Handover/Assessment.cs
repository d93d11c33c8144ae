using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Handover;

/// <summary>What the preflight says about one running domain: how it would be handed over, or why not.</summary>
/// <param name="Method">The RAM method that would be used; null when a blocker leaves none.</param>
/// <param name="MethodReason">One sentence: why this method.</param>
/// <param name="Findings">Everything found, blockers first.</param>
public sealed record Assessment(RamMethod? Method, string MethodReason, IReadOnlyList<Finding> Findings)
{
    /// <summary>One sentence: why this method.</summary>
    public string MethodReason { get; init; } = ForeignText.Sentence(MethodReason ?? "");

    /// <summary>Everything found, blockers first; when there was more than <see cref="ForeignBounds.Findings"/> the last says how much.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = BoundedFindings.Of(Findings ?? []);

    /// <summary>
    /// <see cref="RamMethod.Copy"/> only: the guest has to stand still while its memory is copied, because its QEMU loses track of
    /// pages that it writes meanwhile (software emulation before QEMU 9).
    /// </summary>
    public bool StandsStill { get; init; }

    /// <summary>How long that will take, roughly and rather too long than too short; null when the guest does not stand still for it, or does so anyway because somebody has paused it.</summary>
    public TimeSpan? EstimatedPause { get; init; }

    /// <summary>True when the guest would stand still for longer than it may.</summary>
    /// <param name="budget">How long it may.</param>
    public bool Exceeds(TimeSpan budget) => EstimatedPause > budget;

    /// <summary>True when the guest's connections end with a handover: one that nobody was asked for happens only where the configuration allows that.</summary>
    public bool EndsConnections => Findings.Any(finding => finding.Code == Preflight.FindingCodes.NetUser.Code);

    /// <summary>True when at least one finding refuses the handover.</summary>
    public bool IsBlocked => Findings.Any(finding => finding.Severity == FindingSeverity.Blocker);
}
