using VirtHandover.Bus.Client;
using VirtHandover.Handover;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tui.Model;

/// <summary>All that is known about one domain; the details pane and <c>virt-handover show</c> share it.</summary>
internal static class DetailLines
{
    private const int LabelWidth = 10;

    public static IReadOnlyList<Line> Of(DomainView domain, int width, GlyphSet glyphs, DateTimeOffset now, TimeZoneInfo zone)
    {
        var lines = new List<Line>();
        var look = StateLook.Of(domain.State, glyphs);

        Add("domain", domain.Name, Tone.Heading);
        Add("uuid", domain.Uuid.ToString(), Tone.Dim);
        Add("state", $"{look.Glyph} {look.Word}", look.Tone);
        if (domain.Phase.Length > 0)
        {
            Add("phase", domain.Phase + (domain.Progress >= 0 ? $", {Math.Clamp(domain.Progress, 0, 1) * 100:0}% copied" : ""), Tone.Busy);
        }

        if (domain.DeferredUntil is { } until)
        {
            Add("until", Moment.FullWithDistance(until, now, zone), Tone.Normal);
        }

        Add("approved", domain.ApprovedBy.Length > 0 ? $"by {domain.ApprovedBy}" : "", Tone.Normal);
        Add("qemu", Build(domain.RunningVersion, domain.RunningPackage, "?"), Tone.Normal);
        if (domain.OutdatedReasons.Count > 0 || domain.InstalledVersion != domain.RunningVersion)
        {
            Add(glyphs.Arrow, Build(domain.InstalledVersion, domain.InstalledPackage, "none installed"), Tone.Normal);
        }

        foreach (var reason in domain.OutdatedReasons)
        {
            Add("outdated", reason, Tone.Normal);
        }

        Add("method", domain.Method, Tone.Normal);
        Add("why", domain.MethodReason, Tone.Dim);
        foreach (var finding in domain.Findings.OrderByDescending(finding => finding.Severity))
        {
            Add(Severity(finding.Severity), $"{finding.Code}: {finding.Sentence}", ToneOf(finding.Severity));
        }

        if (domain.LastTotalMicroseconds > 0)
        {
            Add("last", Figures(domain), Tone.Normal);
        }

        Add("said", domain.LastSentence, domain.State == "failed" ? Tone.Bad : Tone.Normal);
        return lines;

        void Add(string label, string text, Tone tone)
        {
            if (text.Length > 0)
            {
                lines.AddRange(Line.Wrapped(glyphs.Safe(text), width, tone, label, Math.Min(LabelWidth, width / 2)));
            }
        }
    }

    private static string Build(string version, string package, string none) =>
        version.Length == 0 ? none : package.Length == 0 ? version : $"{version} ({package})";

    private static string Figures(DomainView domain)
    {
        var figures = new[]
        {
            ("pause", domain.LastPauseMicroseconds), ("total", domain.LastTotalMicroseconds), ("libvirt away", domain.LastOutageMicroseconds),
        };
        return string.Join(", ", figures.Where(figure => figure.Item2 > 0).Select(figure => $"{figure.Item1} {Quantity.Duration(figure.Item2)}"));
    }

    private static string Severity(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Blocker => "blocker",
        FindingSeverity.Warning => "warning",
        FindingSeverity.Note => "note",
        _ => "finding",
    };

    private static Tone ToneOf(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Blocker => Tone.Bad,
        FindingSeverity.Warning => Tone.Attention,
        _ => Tone.Normal,
    };
}
