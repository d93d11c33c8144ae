using System.Text.Json.Serialization;

namespace VirtHandover.Tui.Json;

// The objects behind --json: schema 1, enums as lower-case words, RFC 3339 times in UTC, durations in ms with µs behind the point.
// What is not known is null, never left out. docs: `virt-handover --help`.

internal sealed record FindingJson(string Code, string Severity, string Sentence);

internal sealed record PolicyJson(string Mode, string? Window, decimal? MaxPauseMs, int Priority, string? Source, IReadOnlyList<string> Own, string? Refusal);

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
    string? LastSentence,
    string? DeferReason,
    string? WaitReason,
    PolicyJson? Policy,
    string? NextWindow,
    string? AssessedAt,
    IReadOnlyList<PhaseJson> Phases,
    string? PhaseSince);

internal sealed record ListJson(
    int Schema,
    string ServiceVersion,
    string Mode,
    string? Alarm,
    string? LastScan,
    string QueueState,
    string? QueueReason,
    decimal? PauseBudgetMs,
    IReadOnlyList<DomainJson> Domains);

internal sealed record ShowJson(int Schema, DomainJson Domain);

internal sealed record ActionJson(Guid? Uuid, string Name, string Action, bool Ok, string? Fault, string? Error, string? Result);

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
    string? By,
    string? ApprovedAt,
    decimal? PauseMs,
    decimal? AttachPauseMs,
    decimal TotalMs,
    decimal? OutageMs,
    long CopiedBytes,
    long? FramesLost,
    IReadOnlyList<PhaseJson> Phases);

internal sealed record RunJson(int Schema, ReportJson Report);

internal sealed record HistoryJson(int Schema, IReadOnlyList<ReportJson> Reports);

internal sealed record DomainStateJson(Guid Uuid, string Name, string State);

internal sealed record StatusJson(
    int Schema,
    string Mode,
    string? Alarm,
    string QueueState,
    string? QueueReason,
    int Total,
    int Waiting,
    IReadOnlyDictionary<string, int> Counts,
    IReadOnlyList<DomainStateJson> Domains);

internal sealed record QueueJson(int Schema, string State, string? Reason, IReadOnlyList<WaitingJson> Waiting);

internal sealed record WaitingJson(Guid Uuid, string Name, string Reason);

internal sealed record PolicyDocumentJson(int Schema, Guid Uuid, string Name, PolicyJson? Policy);

internal sealed record PauseJson(long Id, string StartedAt, string Outcome, decimal PauseMs);

internal sealed record DomainPausesJson(
    Guid Uuid,
    string Name,
    int Count,
    decimal LastMs,
    [property: JsonPropertyName("p50_ms")] decimal P50Ms,
    [property: JsonPropertyName("p95_ms")] decimal P95Ms,
    decimal MaxMs,
    decimal? BudgetMs,
    IReadOnlyList<PauseJson> Pauses);

internal sealed record PausesJson(int Schema, IReadOnlyList<DomainPausesJson> Domains);

internal sealed record ReadinessJson(
    Guid Uuid,
    string Name,
    bool? Ready,
    string? Method,
    string MethodReason,
    IReadOnlyList<FindingJson> Findings,
    IReadOnlyList<string> Advice,
    string? AssessedAt);

internal sealed record ReadinessListJson(int Schema, IReadOnlyList<ReadinessJson> Domains);

internal sealed record HostJson(
    string ServiceVersion, string Mode, string? Alarm, string? LastScan, string QueueState, string? QueueReason, decimal? PauseBudgetMs);

/// <summary>One line of <c>watch --json</c>: <c>host</c>, <c>domain</c> (came or changed) or <c>gone</c>.</summary>
internal sealed record EventJson(int Schema, string At, string Event, HostJson? Host, DomainJson? Domain);
