using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>Whether a domain could be handed over now, and what would help.</summary>
/// <param name="Ready">True or false; null when it was never checked.</param>
/// <param name="Advice">What keeps it, or would make it better, a sentence each.</param>
internal sealed record Readiness(bool? Ready, IReadOnlyList<string> Advice)
{
    public static Readiness Of(DomainView domain)
    {
        var blockers = domain.Findings.Where(finding => finding.Severity == FindingSeverity.Blocker).ToList();
        if (blockers.Count > 0)
        {
            return new(false, [.. blockers.Select(blocker => $"{blocker.Code}: {blocker.Sentence}")]);
        }

        return (domain.AssessedAt, domain.Method) switch
        {
            (null, _) or (_, "") => new(null, ["It was not checked yet."]),
            (_, "copy") => new(true, [.. domain.Findings.Where(finding => finding.Code == "RAM_STILL").Select(finding => finding.Sentence), $"Its memory is copied once. “virt-handover prepare {ShellWord.Domain(domain.Name, domain.Uuid)}” makes it shared from its next start on."]),
            _ => new(true, []),
        };
    }
}
