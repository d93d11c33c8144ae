namespace VirtHandover.Handover;

/// <summary>What the preflight says about one running domain: how it would be handed over, or why not.</summary>
/// <param name="Method">The RAM method that would be used; null when a blocker leaves none.</param>
/// <param name="MethodReason">One sentence: why this method.</param>
/// <param name="Findings">Everything found, blockers first.</param>
public sealed record Assessment(RamMethod? Method, string MethodReason, IReadOnlyList<Finding> Findings)
{
    /// <summary>True when at least one finding refuses the handover.</summary>
    public bool IsBlocked => Findings.Any(finding => finding.Severity == FindingSeverity.Blocker);
}
