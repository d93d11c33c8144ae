using System.Text.Json.Serialization;

namespace VirtHandover.Tui.Json;

// The objects behind --json: schema 1, enums as lower-case words, RFC 3339 times in UTC, durations in ms with µs behind the point.
// What is not known is null, never left out. docs: `virt-handover --help`.

internal sealed record FindingJson(string Code, string Severity, string Sentence);

internal sealed record DomainJson(
    Guid Uuid,
    string Name,
    string State,
    string RunningVersion,
    string InstalledVersion,
    string RunningPackage,
    string InstalledPackage,
    IReadOnlyList<string> OutdatedReasons,
    string? Method,
    string MethodReason,
    IReadOnlyList<FindingJson> Findings,
    string? DeferredUntil,
    string? ApprovedBy,
    string? Phase,
    double? Progress,
    decimal? LastPauseMs,
    decimal? LastTotalMs,
    decimal? LastOutageMs,
    string? LastSentence);

internal sealed record ListJson(
    int Schema, string ServiceVersion, string Mode, string? Alarm, string? LastScan, IReadOnlyList<DomainJson> Domains);

internal sealed record ShowJson(int Schema, DomainJson Domain);

internal sealed record ActionJson(Guid? Uuid, string Name, string Action, bool Ok, string? Fault, string? Error);

internal sealed record ActionsJson(int Schema, IReadOnlyList<ActionJson> Results);

internal sealed record BuildJson(string Path, string Version, string Package, string BuildId);

internal sealed record PhaseJson(string Phase, [property: JsonPropertyName("duration_ms")] decimal DurationMs);

internal sealed record ReportJson(
    long Id,
    Guid Uuid,
    string Name,
    string Outcome,
    string Sentence,
    BuildJson? From,
    BuildJson? To,
    string? Method,
    string MethodReason,
    IReadOnlyList<FindingJson> Findings,
    string StartedAt,
    decimal? PauseMs,
    decimal TotalMs,
    decimal? OutageMs,
    long CopiedBytes,
    IReadOnlyList<PhaseJson> Phases);

internal sealed record RunJson(int Schema, ReportJson Report);

internal sealed record HistoryJson(int Schema, IReadOnlyList<ReportJson> Reports);

internal sealed record DomainStateJson(Guid Uuid, string Name, string State);

internal sealed record StatusJson(
    int Schema, string Mode, string? Alarm, int Total, int Waiting, IReadOnlyDictionary<string, int> Counts, IReadOnlyList<DomainStateJson> Domains);
