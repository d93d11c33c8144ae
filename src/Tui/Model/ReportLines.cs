using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tui.Model;

/// <summary>The result of one handover as text.</summary>
internal static class ReportLines
{
    private const int LabelWidth = 10;

    public static IReadOnlyList<Line> Of(HandoverReport report, int width, GlyphSet glyphs, TimeZoneInfo zone)
    {
        var lines = new List<Line>();
        Add("domain", report.Name, Tone.Heading);
        Add("outcome", JsonMap.Word(report.Outcome), ToneOf(report.Outcome));
        Add("started", Started(report, zone), Tone.Normal);
        Add("qemu", Versions(report, glyphs), Tone.Normal);
        if (report.Method is { } method)
        {
            Add("method", JsonMap.Word(method), Tone.Normal);
            Add("why", report.MethodReason, Tone.Dim);
        }

        foreach (var finding in report.Findings.OrderByDescending(finding => finding.Severity))
        {
            Add(JsonMap.Word(finding.Severity), $"{finding.Code}: {finding.Sentence}", finding.Severity == FindingSeverity.Blocker ? Tone.Bad : Tone.Normal);
        }

        Add("by", report.By.Length > 0 && report.ApprovedAt is { } at ? $"{report.By}, {Moment.Full(at, zone)}" : report.By, Tone.Normal);
        if (report.Phases.Count > 0)
        {
            lines.AddRange(Line.Flowed(PhaseTimeline.OfEnded(report, glyphs), width, "phases", Math.Min(LabelWidth, width / 2), glyphs.Cut));
        }

        Add("pause", Quantity.Duration(report.PauseMicroseconds), Tone.Normal);
        Add("attach", report.AttachPauseMicroseconds > 0 ? $"{Quantity.Duration(report.AttachPauseMicroseconds)} (a first stop for the network cards)" : "", Tone.Normal);
        Add("total", Quantity.Duration(report.TotalMicroseconds), Tone.Normal);
        Add("away", report.OutageMicroseconds > 0 ? $"{Quantity.Duration(report.OutageMicroseconds)} (libvirt)" : "", Tone.Normal);
        Add("copied", report.CopiedBytes > 0 ? Quantity.Bytes(report.CopiedBytes) : "", Tone.Normal);
        Add("frames", report.FramesLost is { } lost ? string.Create(CultureInfo.InvariantCulture, $"{lost} incoming lost") : "", Tone.Normal);
        Add("said", report.Sentence, ToneOf(report.Outcome));
        return lines;

        void Add(string label, string text, Tone tone)
        {
            if (text.Length > 0)
            {
                lines.AddRange(Line.Wrapped(glyphs.Safe(text), width, tone, label, Math.Min(LabelWidth, width / 2)));
            }
        }
    }

    public static string Started(HandoverReport report, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(report.StartedAt, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>From which to which QEMU; package versions when only those differ.</summary>
    public static string Versions(HandoverReport report, GlyphSet glyphs)
    {
        var packages = report is { From: { Package.Length: > 0 } from, To: { Package.Length: > 0 } to } && from.Version == to.Version && from.Package != to.Package;
        return (report.From, report.To) switch
        {
            (null, null) => glyphs.None,
            (null, { } only) => Name(only),
            ({ } only, null) => Name(only),
            ({ } old, { } next) => $"{Name(old)} {glyphs.Arrow} {Name(next)}",
        };

        string Name(QemuBuild build) => glyphs.Safe(packages ? build.Package : build.Version.Length == 0 ? "?" : build.Version);
    }

    public static Tone ToneOf(HandoverOutcome outcome) => outcome switch
    {
        HandoverOutcome.Done or HandoverOutcome.Rehearsed => Tone.Good,
        HandoverOutcome.Cancelled or HandoverOutcome.Postponed or HandoverOutcome.Gone => Tone.Attention,
        _ => Tone.Bad,
    };
}
