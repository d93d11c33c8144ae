using System.Globalization;
using System.Text.Json;
using VirtHandover.Bus.Client;
using VirtHandover.Handover;
using VirtHandover.Qemu;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Json;

/// <summary>From what the service says to what <c>--json</c> prints.</summary>
internal static class JsonMap
{
    public static ListJson List(HostView view) => new(
        JsonOut.Schema, view.ServiceVersion, view.Mode, OrNull(view.Alarm), view.LastScan is { } scan ? Time(scan) : null, [.. view.Domains.Select(Domain)]);

    public static ShowJson Show(DomainView domain) => new(JsonOut.Schema, Domain(domain));

    public static RunJson Run(HandoverReport report) => new(JsonOut.Schema, Report(report));

    public static HistoryJson History(IReadOnlyList<HandoverReport> reports) => new(JsonOut.Schema, [.. reports.Select(Report)]);

    public static StatusJson Status(HostView view)
    {
        var summary = Summary.Of(view.Domains);
        return new(
            JsonOut.Schema,
            view.Mode,
            OrNull(view.Alarm),
            summary.Total,
            summary.Waiting,
            new Dictionary<string, int>(summary.Counts),
            [.. view.Domains.Select(domain => new DomainStateJson(domain.Uuid, domain.Name, domain.State))]);
    }

    public static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static DomainJson Domain(DomainView domain) => new(
        domain.Uuid,
        domain.Name,
        domain.State,
        domain.RunningVersion,
        domain.InstalledVersion,
        domain.RunningPackage,
        domain.InstalledPackage,
        domain.OutdatedReasons,
        OrNull(domain.Method),
        domain.MethodReason,
        Findings(domain.Findings),
        domain.DeferredUntil is { } until ? Time(until) : null,
        OrNull(domain.ApprovedBy),
        OrNull(domain.Phase),
        domain.Progress >= 0 ? Math.Round(domain.Progress, 4) : null,
        Milliseconds(domain.LastPauseMicroseconds),
        Milliseconds(domain.LastTotalMicroseconds),
        Milliseconds(domain.LastOutageMicroseconds),
        OrNull(domain.LastSentence));

    private static ReportJson Report(HandoverReport report) => new(
        report.Id,
        report.Domain,
        report.Name,
        Word(report.Outcome),
        report.Sentence,
        Build(report.From),
        Build(report.To),
        report.Method is { } method ? Word(method) : null,
        report.MethodReason,
        Findings(report.Findings),
        Time(report.StartedAt),
        Milliseconds(report.PauseMicroseconds),
        report.TotalMicroseconds / 1000m,
        Milliseconds(report.OutageMicroseconds),
        report.CopiedBytes,
        [.. report.Phases.Select(phase => new PhaseJson(Word(phase.Phase), phase.Microseconds / 1000m))]);

    private static BuildJson? Build(QemuBuild? build) =>
        build is null ? null : new BuildJson(build.Path, build.Version, build.Package, build.BuildId);

    private static IReadOnlyList<FindingJson> Findings(IReadOnlyList<Finding> findings) =>
        [.. findings.Select(finding => new FindingJson(finding.Code, Word(finding.Severity), finding.Sentence))];

    private static decimal? Milliseconds(long microseconds) => microseconds > 0 ? microseconds / 1000m : null;

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static string Time(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
