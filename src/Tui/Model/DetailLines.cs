using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tui.Model;

/// <summary>All that is known about one domain; the details pane and <c>virt-handover show</c> share it.</summary>
internal static class DetailLines
{
    private const int LabelWidth = 10;

    /// <summary>What matters most comes first: a small pane shows only the beginning.</summary>
    /// <param name="subject">The domain and what is known beside it.</param>
    /// <param name="width">Columns.</param>
    /// <param name="glyphs">What the terminal can show.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="zone">The zone of the times.</param>
    /// <param name="withName">False where the name stands in the frame already.</param>
    public static IReadOnlyList<Line> Of(
        DetailSubject subject, int width, GlyphSet glyphs, DateTimeOffset now, TimeZoneInfo zone, bool withName = true)
    {
        var domain = subject.Domain;
        var indent = Math.Min(LabelWidth, width / 2);
        var lines = new List<Line>();
        var look = StateLook.Of(domain.State, glyphs);

        Add("domain", withName ? domain.Name : "", Tone.Heading);
        Add("state", $"{look.Glyph} {look.Word}{Progress(domain)}", look.Tone);
        if (domain.DeferredUntil is { } until)
        {
            Add("until", Moment.FullWithDistance(until, now, zone), Tone.Normal);
            Add("because", domain.DeferReason, Tone.Normal);
        }

        Add("waits", domain.WaitReason, Tone.Attention);
        Add("qemu", Builds(domain, glyphs), Tone.Normal);
        if (domain.Phase.Length > 0)
        {
            Flow("phases", PhaseTimeline.OfRunning(domain.PhaseTimes, domain.Phase, Since(domain, now), domain.Progress, glyphs));
        }

        if (domain.State == "failed")
        {
            Add("said", domain.LastSentence, Tone.Bad);
        }

        foreach (var finding in domain.Findings.OrderByDescending(finding => finding.Severity))
        {
            Add(Severity(finding.Severity), $"{finding.Code}: {finding.Sentence}", ToneOf(finding.Severity));
        }

        Add("approved", domain.ApprovedBy.Length > 0 ? $"by {domain.ApprovedBy}" : "", Tone.Normal);
        Past();
        Add("policy", PolicyText.Of(domain, subject.Host), Tone.Normal);
        if (domain.NextWindow is { } window && window > now)
        {
            Add("window", $"opens {Moment.FullWithDistance(window, now, zone)}", Tone.Normal);
        }

        Add("method", domain.Method.Length > 0 && domain.MethodReason.Length > 0 ? $"{domain.Method}: {domain.MethodReason}" : domain.Method, Tone.Normal);
        foreach (var reason in domain.OutdatedReasons)
        {
            Add("outdated", reason, Tone.Normal);
        }

        if (domain.State != "failed")
        {
            Add("said", domain.LastSentence, Tone.Normal);
        }

        Add("checked", domain.AssessedAt is { } assessed ? Moment.Full(assessed, zone) : "", Tone.Dim);
        Add("uuid", domain.Uuid.ToString(), Tone.Dim);
        return lines;

        void Past()
        {
            if (domain.LastTotalMicroseconds > 0)
            {
                Add("last", Figures(domain), Tone.Normal);
            }

            if (subject.Pauses is { } pauses)
            {
                var chart = Sparkline.Of(pauses.Pauses, subject.Budget, width - indent, glyphs);
                lines.Add(new Line([new Run(Columns.Fit("pauses", indent, ""), Tone.Dim), .. chart]));
                Flow("", PauseLines.Figures(pauses, subject.Budget));
            }

            if (domain.Phase.Length == 0 && subject.Reports is [{ Phases.Count: > 0 } last, ..])
            {
                Flow("phases", PhaseTimeline.OfEnded(last, glyphs));
            }
        }

        void Flow(string label, IEnumerable<Run> pieces) => lines.AddRange(Line.Flowed(pieces, width, label, indent, glyphs.Cut));

        void Add(string label, string text, Tone tone)
        {
            if (text.Length > 0)
            {
                lines.AddRange(Line.Wrapped(glyphs.Safe(text), width, tone, label, indent));
            }
        }
    }

    private static long Since(DomainView domain, DateTimeOffset now) =>
        domain.PhaseSince is { } since && since < now ? (now - since).Ticks / TimeSpan.TicksPerMicrosecond : 0;

    private static string Progress(DomainView domain) =>
        (domain.Phase.Length > 0 ? $", {domain.Phase}" : "") + (domain.Progress >= 0 ? $", {Math.Clamp(domain.Progress, 0, 1) * 100:0}% copied" : "");

    private static string Builds(DomainView domain, GlyphSet glyphs)
    {
        var running = Build(domain.RunningVersion, domain.RunningPackage, "?");
        return domain.OutdatedReasons.Count == 0 && domain.InstalledVersion == domain.RunningVersion
            ? running
            : $"{running} {glyphs.Arrow} {Build(domain.InstalledVersion, domain.InstalledPackage, "none installed")}";
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
