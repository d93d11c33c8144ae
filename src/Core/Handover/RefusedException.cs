using VirtHandover.Contract;

namespace VirtHandover.Handover;

/// <summary>The preflight or the twin check refuses the handover. Nothing of the guest has been touched.</summary>
internal sealed class RefusedException : Exception
{
    internal RefusedException(IReadOnlyList<Finding> findings)
        : base(string.Join(' ', findings.Where(finding => finding.Severity == FindingSeverity.Blocker).Select(finding => $"{finding.Code}: {finding.Sentence}")))
        => Findings = findings;

    internal IReadOnlyList<Finding> Findings { get; }
}
