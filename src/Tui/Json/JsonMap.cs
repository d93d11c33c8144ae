using System.Globalization;
using System.Text.Json;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Json;

/// <summary>From what the service says to what <c>--json</c> prints.</summary>
internal static class JsonMap
{
    public static ListJson List(HostView view) => new(
        JsonOut.Schema,
        view.ServiceVersion,
        view.Mode,
        OrNull(view.Alarm),
        TimeOrNull(view.LastScan),
        view.QueueState,
        OrNull(view.QueueReason),
        Milliseconds(view.PauseBudgetMicroseconds),
        [.. view.Domains.Select(Domain)]);

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
            view.QueueState,
            OrNull(view.QueueReason),
            summary.Total,
            summary.Waiting,
            new Dictionary<string, int>(summary.Counts),
            [.. view.Domains.Select(domain => new DomainStateJson(domain.Uuid, domain.Name, domain.State))]);
    }

    public static QueueJson Queue(HostView view) => new(
        JsonOut.Schema,
        view.QueueState,
        OrNull(view.QueueReason),
        [
            .. view.Domains.Where(domain => domain.WaitReason.Length > 0)
                .Select(domain => new WaitingJson(domain.Uuid, domain.Name, domain.WaitReason)),
        ]);

    public static PolicyDocumentJson Policy(DomainView domain) => new(JsonOut.Schema, domain.Uuid, domain.Name, PolicyOf(domain));

    public static PausesJson Pauses(IReadOnlyList<PauseRow> rows, ReportBook book) => new(JsonOut.Schema, [.. rows.Select(row => Pauses(row, book))]);

    public static ReadinessListJson Readiness(HostView view) => new(JsonOut.Schema, [.. view.Domains.Select(Readiness)]);

    public static EventJson HostEvent(DateTimeOffset at, HostView view) => new(JsonOut.Schema, Time(at), "host", Host(view), null);

    public static EventJson DomainEvent(DateTimeOffset at, DomainView domain) => new(JsonOut.Schema, Time(at), "domain", null, Domain(domain));

    public static EventJson GoneEvent(DateTimeOffset at, DomainView domain) => new(JsonOut.Schema, Time(at), "gone", null, Domain(domain));

    /// <summary>True when the host's own line would be the same.</summary>
    public static bool SameHost(HostView one, HostView other) => Host(one) == Host(other);

    /// <summary>True when the domain's line would be the same.</summary>
    public static bool Same(DomainView one, DomainView other) =>
        JsonOut.Text(DomainEvent(default, one), json => json.EventJson, oneLine: true)
        == JsonOut.Text(DomainEvent(default, other), json => json.EventJson, oneLine: true);

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
        TimeOrNull(domain.DeferredUntil),
        OrNull(domain.ApprovedBy),
        OrNull(domain.Phase),
        domain.Progress >= 0 ? Math.Round(domain.Progress, 4) : null,
        Milliseconds(domain.LastPauseMicroseconds),
        Milliseconds(domain.LastTotalMicroseconds),
        Milliseconds(domain.LastOutageMicroseconds),
        OrNull(domain.LastSentence),
        OrNull(domain.DeferReason),
        OrNull(domain.WaitReason),
        PolicyOf(domain),
        TimeOrNull(domain.NextWindow),
        TimeOrNull(domain.AssessedAt),
        [.. domain.PhaseTimes.Select(Phase)],
        TimeOrNull(domain.PhaseSince));

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
        OrNull(report.By),
        TimeOrNull(report.ApprovedAt),
        Milliseconds(report.PauseMicroseconds),
        Milliseconds(report.AttachPauseMicroseconds),
        report.TotalMicroseconds / 1000m,
        Milliseconds(report.OutageMicroseconds),
        report.CopiedBytes,
        report.FramesLost,
        [.. report.Phases.Select(Phase)]);

    private static PhaseJson Phase(PhaseDuration phase) => new(Word(phase.Phase), phase.Microseconds / 1000m);

    private static PolicyJson? PolicyOf(DomainView domain) => domain.PolicyMode.Length == 0
        ? null
        : new PolicyJson(
            domain.PolicyMode, OrNull(domain.PolicyWindow), Milliseconds(domain.PolicyMaxPauseMicroseconds), domain.PolicyPriority, OrNull(domain.PolicySource),
            domain.PolicyOwn,
            OrNull(domain.PolicyRefusal));

    private static HostJson Host(HostView view) => new(
        view.ServiceVersion,
        view.Mode,
        OrNull(view.Alarm),
        TimeOrNull(view.LastScan),
        view.QueueState,
        OrNull(view.QueueReason),
        Milliseconds(view.PauseBudgetMicroseconds));

    private static BuildJson? Build(QemuBuild? build) =>
        build is null ? null : new BuildJson(build.Path, build.Version, build.Package, build.BuildId);

    private static IReadOnlyList<FindingJson> Findings(IReadOnlyList<Finding> findings) =>
        [.. findings.Select(finding => new FindingJson(finding.Code, Word(finding.Severity), finding.Sentence))];

    private static decimal? Milliseconds(long microseconds) => microseconds > 0 ? microseconds / 1000m : null;

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private static DomainPausesJson Pauses(PauseRow row, ReportBook book) => new(
        row.Uuid,
        row.Name,
        row.Pauses.Pauses.Count,
        row.Pauses.Last / 1000m,
        row.Pauses.P50 / 1000m,
        row.Pauses.P95 / 1000m,
        row.Pauses.Max / 1000m,
        Milliseconds(row.Budget),
        [
            .. book.Of(row.Uuid).Where(report => report.PauseMicroseconds > 0)
                .Select(report => new PauseJson(report.Id, Time(report.StartedAt), Word(report.Outcome), report.PauseMicroseconds / 1000m)),
        ]);

    private static ReadinessJson Readiness(DomainView domain)
    {
        var readiness = Model.Readiness.Of(domain);
        return new(
            domain.Uuid,
            domain.Name,
            readiness.Ready,
            OrNull(domain.Method),
            domain.MethodReason,
            Findings(domain.Findings),
            readiness.Advice,
            TimeOrNull(domain.AssessedAt));
    }

    private static string? TimeOrNull(DateTimeOffset? moment) => moment is { } time ? Time(time) : null;

    private static string Time(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
