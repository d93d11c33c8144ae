using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tui.Model;

/// <summary>
/// The queue as lines of one width. Every column but the last has a width that follows from the pane's width alone: nothing jumps
/// when a row changes or scrolls in.
/// </summary>
internal static class QueueLines
{
    private const int StateWidth = 10;
    private const int VersionsWidth = 17;
    private const int MethodWidth = 6;
    private const int FigureWidth = 6;
    private const int MarkWidth = 1;
    private const int LeastName = 12;
    private const int LeastNote = 10;

    public static Line Head(int width)
    {
        var plan = Plan(width);
        return Row(plan, width, new Cells("", "Domain", new("  State"), "QEMU", "Method", "Pause", "Total", new("Note")), "", Tone.Heading);
    }

    public static Line Of(DomainView domain, bool marked, int width, GlyphSet glyphs, DateTimeOffset now, TimeZoneInfo zone)
    {
        var look = StateLook.Of(domain.State, glyphs);
        var word = domain.State == "deferred" ? look.Word : DomainText.State(domain, glyphs, now, zone);
        return Row(
            Plan(width),
            width,
            new Cells(
                marked ? glyphs.Mark : "",
                glyphs.Safe(domain.Name),
                new($"{look.Glyph} {word}", look.Tone),
                DomainText.Versions(domain, glyphs),
                DomainText.Method(domain, glyphs),
                DomainText.Pause(domain, glyphs),
                DomainText.Total(domain, glyphs),
                Note(domain, glyphs, now, zone)),
            glyphs.Cut,
            Tone.Normal);
    }

    private static Run Note(DomainView domain, GlyphSet glyphs, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (domain is { State: "deferred", DeferredUntil: { } until })
        {
            return new Run(Moment.Short(until, now, zone), Tone.Dim);
        }

        if (domain.WaitReason.Length > 0)
        {
            return new Run(glyphs.Safe(domain.WaitReason), Tone.Attention);
        }

        var tone = domain.State == "failed" || domain.Findings.Any(finding => finding.Severity == FindingSeverity.Blocker) ? Tone.Bad : Tone.Dim;
        return new Run(domain.State is "approved" or "running" ? "" : DomainText.Note(domain, glyphs), tone);
    }

    /// <summary>Which columns there is room for: the total goes first, then the method.</summary>
    private static Widths Plan(int width)
    {
        var method = MethodWidth + 1;
        var total = FigureWidth + 1;
        var rest = width - MarkWidth - StateWidth - 1 - VersionsWidth - 1 - FigureWidth - 1 - method - total - 1;
        if (rest < LeastName + LeastNote)
        {
            rest += total;
            total = 0;
        }

        if (rest < LeastName + LeastNote)
        {
            rest += method;
            method = 0;
        }

        var name = Math.Clamp(rest * 3 / 5, Math.Min(LeastName, Math.Max(1, rest - LeastNote)), 40);
        return new Widths(name, Math.Max(0, method - 1), Math.Max(0, total - 1));
    }

    private static Line Row(Widths plan, int width, Cells cells, string cut, Tone tone)
    {
        var runs = new List<Run>
        {
            new(Columns.Fit(cells.Mark, MarkWidth, ""), Tone.Attention),
            new(Columns.Fit(cells.Name, plan.Name, cut) + " ", tone),
            new(Columns.Fit(cells.State.Text, StateWidth, cut) + " ", tone == Tone.Normal ? cells.State.Tone : tone),
            new(Columns.Fit(cells.Versions, VersionsWidth, cut) + " ", tone),
        };
        if (plan.Method > 0)
        {
            runs.Add(new(Columns.Fit(cells.Method, plan.Method, cut) + " ", tone));
        }

        runs.Add(new(Columns.Fit(cells.Pause, FigureWidth, cut, right: true) + " ", tone));
        if (plan.Total > 0)
        {
            runs.Add(new(Columns.Fit(cells.Total, plan.Total, cut, right: true) + " ", tone));
        }

        runs.Add(new(cells.Note.Text, tone == Tone.Normal ? cells.Note.Tone : tone));
        return new Line([.. runs]).Fit(width, cut);
    }

    private readonly record struct Widths(int Name, int Method, int Total);

    private sealed record Cells(string Mark, string Name, Run State, string Versions, string Method, string Pause, string Total, Run Note);
}
