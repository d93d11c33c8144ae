using System.Text.Json;
using System.Text.Json.Serialization;
using VirtHandover.Bench.Lab;

namespace VirtHandover.Bench.Results;

/// <summary>One handover as the product reports it, and as it was seen from outside.</summary>
internal sealed record HandoverResult
{
    public required string Name { get; init; }

    public required string Outcome { get; init; }

    public required string Method { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From the source's STOP to the target's RESUME.</summary>
    public required double PauseMs { get; init; }

    /// <summary>From the first look at the VM until libvirt confirmed it.</summary>
    public required double TotalMs { get; init; }

    /// <summary>How long libvirt's API was away.</summary>
    public required double OutageMs { get; init; }

    /// <summary>
    /// When libvirt was away for it, ms since 1970: until libvirt confirmed the VM, which is the end of the handover. VMs that are handed
    /// over in one outage have nearly the same span.
    /// </summary>
    [JsonIgnore]
    public (double From, double To) Away
    {
        get
        {
            var end = StartedAt.ToUnixTimeMilliseconds() + TotalMs;
            return (end - OutageMs, end);
        }
    }

    /// <summary>From calling the command line to its end: the service's scans before and after are in it.</summary>
    public double? RequestMs { get; init; }

    public required long CopiedBytes { get; init; }

    public required IReadOnlyDictionary<string, double> PhasesMs { get; init; }

    /// <summary>Null where nobody listened.</summary>
    public Silence? Silence { get; init; }

    /// <summary>Reads an object of <c>virt-handover … --json</c>.</summary>
    public static HandoverResult FromReport(JsonElement report)
    {
        double Number(string name) => report.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;
        string Text(string name) => report.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return new HandoverResult
        {
            Name = Text("name"),
            Outcome = Text("outcome"),
            Method = Text("method"),
            StartedAt = report.GetProperty("started_at").GetDateTimeOffset(),
            PauseMs = Number("pause_ms"),
            TotalMs = Number("total_ms"),
            OutageMs = Number("outage_ms"),
            CopiedBytes = (long)Number("copied_bytes"),
            PhasesMs = report.GetProperty("phases").EnumerateArray()
                .GroupBy(phase => phase.GetProperty("phase").GetString()!)
                .ToDictionary(group => group.Key, group => group.Sum(phase => phase.GetProperty("duration_ms").GetDouble())),
        };
    }
}
