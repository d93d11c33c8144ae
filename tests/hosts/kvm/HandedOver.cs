using System.Text.Json;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>What the product reports of a handover.</summary>
/// <param name="Outcome">done, refused, undone …</param>
/// <param name="Sentence">What happened.</param>
/// <param name="Method">shared, copy, or none.</param>
/// <param name="Findings">Codes and sentences, for messages.</param>
/// <param name="Codes">The codes of the blockers.</param>
/// <param name="StoodStill">All the time that the guest stood still.</param>
internal sealed record HandedOver(string Outcome, string Sentence, string Method, string Findings, IReadOnlyList<string> Codes, TimeSpan StoodStill)
{
    public static HandedOver Parse(JsonElement report)
    {
        var findings = report.GetProperty("findings").EnumerateArray().ToList();
        return new HandedOver(
            Text("outcome"), Text("sentence"), Text("method"),
            string.Join(" ", findings.Select(finding => finding.GetProperty("code").GetString() + ": " + finding.GetProperty("sentence").GetString())),
            [.. findings.Where(finding => finding.GetProperty("severity").GetString() == "blocker").Select(finding => finding.GetProperty("code").GetString()!)],
            TimeSpan.FromMilliseconds(Milliseconds("pause_ms") + Milliseconds("attach_pause_ms")));

        string Text(string name) => report.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        double Milliseconds(string name) => report.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;
    }
}
