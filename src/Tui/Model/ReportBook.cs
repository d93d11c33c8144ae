using VirtHandover.Contract;

namespace VirtHandover.Tui.Model;

/// <summary>The past handovers that are known, newest first.</summary>
internal sealed class ReportBook
{
    /// <summary>More are not kept.</summary>
    public const int Most = 1000;

    public static readonly ReportBook Empty = new([]);

    private readonly ILookup<Guid, HandoverReport> byDomain;

    public ReportBook(IReadOnlyList<HandoverReport> reports)
    {
        Reports = reports;
        byDomain = reports.ToLookup(report => report.Domain);
    }

    public IReadOnlyList<HandoverReport> Reports { get; }

    /// <summary>Those of one domain, newest first.</summary>
    public IReadOnlyList<HandoverReport> Of(Guid domain) => [.. byDomain[domain]];

    /// <summary>The book with these, too; of two with one number the new one counts.</summary>
    public ReportBook With(IEnumerable<HandoverReport> newer)
    {
        var all = newer.Concat(Reports).DistinctBy(report => report.Id).OrderByDescending(report => report.Id).Take(Most);
        return new ReportBook([.. all]);
    }
}
