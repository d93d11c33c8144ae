using System.Globalization;
using VirtHandover.Foreign;

namespace VirtHandover.Contract;

/// <summary>Findings, no more of them than are believed of one VM (<see cref="ForeignBounds.Findings"/>).</summary>
internal static class BoundedFindings
{
    /// <summary>The code of the finding that stands for those that were left out.</summary>
    internal const string LeftOut = "LEFT_OUT";

    private const int LeftOutChars = 200;

    /// <summary>
    /// The first of them, blockers before the others; behind those one that says how many were left out.
    /// </summary>
    internal static IReadOnlyList<Finding> Of(IReadOnlyList<Finding> findings) => Of(findings, ForeignBounds.FindingsChars);

    /// <summary>The same with less room.</summary>
    internal static IReadOnlyList<Finding> Of(IReadOnlyList<Finding> findings, int most)
    {
        // A row of a database may say so.
        if (findings.Contains(null!))
            findings = [.. findings.Where(finding => finding is not null)];
        if (findings.Count <= ForeignBounds.Findings && Length(findings) <= most)
            return findings;
        var kept = new List<Finding>();
        var room = most - LeftOutChars;
        foreach (var finding in findings.OrderByDescending(finding => finding.Severity))
        {
            room -= Length(finding);
            if (room < 0 || kept.Count == ForeignBounds.Findings - 1)
                break;
            kept.Add(finding);
        }

        var rest = findings.Count - kept.Count;
        kept.Add(new Finding(
            LeftOut,
            findings.Max(finding => finding.Severity),
            string.Create(
                CultureInfo.InvariantCulture,
                $"And {rest} more findings, which are not kept: so many come of a QEMU that lies, or of a fault of virt-handover.")));
        return kept;
    }

    /// <summary>Characters of all of them.</summary>
    internal static int Length(IReadOnlyList<Finding> findings) => findings.Sum(Length);

    private static int Length(Finding finding) => finding.Code.Length + finding.Sentence.Length;
}
