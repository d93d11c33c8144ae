using System.Globalization;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>One domain's row of the pause table.</summary>
/// <param name="Uuid">The domain.</param>
/// <param name="Name">Its name, or the last one it had.</param>
/// <param name="Budget">In µs; 0 when it is not known.</param>
/// <param name="Pauses">Its pauses.</param>
internal sealed record PauseRow(Guid Uuid, string Name, long Budget, PauseStatistics Pauses);

/// <summary>The table of all pauses; the screen's page and <c>virt-handover pauses</c> share it.</summary>
internal static class PauseLines
{
    private const int NarrowWidth = 96;
    private const int MostName = 32;
    private const int LeastName = 12;
    private const int MostBars = 40;
    private const int LeastBars = 8;
    private const string Legend = "A full bar is the whole pause budget; “!” follows one that was over it. Half of the pauses were not longer than p50, 95 of 100 not longer than p95.";

    /// <summary>All domains that ever paused: those that run as the service orders them, then those that are gone.</summary>
    public static IReadOnlyList<PauseRow> Rows(HostView? host, ReportBook book)
    {
        var running = host?.Domains ?? [];
        var gone = book.Reports.Where(report => running.All(domain => domain.Uuid != report.Domain)).DistinctBy(report => report.Domain);
        var all = running.Select(domain => (domain.Uuid, domain.Name, Domain: (DomainView?)domain))
            .Concat(gone.Select(report => (Uuid: report.Domain, report.Name, Domain: (DomainView?)null)));
        return
        [
            .. from one in all
               let pauses = PauseStatistics.Of(book.Of(one.Uuid).Reverse().Select(report => report.PauseMicroseconds))
               where pauses is not null
               select new PauseRow(one.Uuid, one.Name, DetailSubject.BudgetOf(one.Domain, host), pauses),
        ];
    }

    /// <summary>The table, its head first; of a narrow one the budget is left out.</summary>
    public static IReadOnlyList<Line> Table(IReadOnlyList<PauseRow> rows, int width, GlyphSet glyphs)
    {
        var wide = width >= NarrowWidth;
        TableColumn[] figures =
        [
            new("Count", AlignRight: true), new("Last", AlignRight: true), new("p50", AlignRight: true), new("p95", AlignRight: true),
            new("Max", AlignRight: true), .. wide ? [new TableColumn("Budget", AlignRight: true)] : Array.Empty<TableColumn>(),
        ];
        var cells = rows.Select(row => Cells(row, wide, glyphs)).ToList();
        var room = Math.Min(width, 2 * NarrowWidth) - Model.Table.Widths(figures, cells).Sum(column => column + Model.Table.Gap.Length);
        var names = rows.Select(row => Columns.Of(glyphs.Safe(row.Name))).Append(LeastName).Max();
        var name = Math.Clamp(Math.Min(names, room - LeastBars - Model.Table.Gap.Length), 1, MostName);
        var bars = Math.Clamp(room - name - Model.Table.Gap.Length, 1, MostBars);
        return Model.Table.Layout(
            [new("Domain", Most: name), .. figures, new("Newest at the right", Most: bars)],
            [.. rows.Zip(cells, (row, figure) => (Run[])[new Run(glyphs.Safe(row.Name)), .. figure, Chart(row, bars, glyphs)])],
            width,
            glyphs);
    }

    /// <summary>The screen's page.</summary>
    public static IReadOnlyList<Line> Page(ScreenState state, int width, GlyphSet glyphs)
    {
        var rows = Rows(state.View, state.Book);
        return rows.Count == 0
            ? [.. Line.Wrapped("No guest has paused yet: the history has no handover.", width, Tone.Normal)]
            : [.. Table(rows, width, glyphs), Line.Empty, .. Line.Wrapped(glyphs.Safe(Legend), width, Tone.Dim)];
    }

    /// <summary>Count, p50, p95, longest and what they are measured by.</summary>
    public static IEnumerable<Run> Figures(PauseStatistics pauses, long budget)
    {
        yield return new Run($"last {pauses.Pauses.Count}:");
        yield return new Run($"p50 {Quantity.Duration(pauses.P50)}", ToneOf(pauses.P50, budget));
        yield return new Run($"p95 {Quantity.Duration(pauses.P95)}", ToneOf(pauses.P95, budget));
        yield return new Run($"max {Quantity.Duration(pauses.Max)}", ToneOf(pauses.Max, budget));
        if (budget > 0)
        {
            yield return new Run($"budget {Quantity.Duration(budget)}", Tone.Dim);
        }
    }

    private static Run[] Cells(PauseRow row, bool wide, GlyphSet glyphs)
    {
        Run[] budget = wide ? [new(row.Budget > 0 ? Quantity.Duration(row.Budget) : glyphs.None, Tone.Dim)] : [];
        return
        [
            new(row.Pauses.Pauses.Count.ToString(CultureInfo.InvariantCulture)),
            Figure(row.Pauses.Last), Figure(row.Pauses.P50), Figure(row.Pauses.P95), Figure(row.Pauses.Max),
            .. budget,
        ];

        Run Figure(long pause) => new(Quantity.Duration(pause), ToneOf(pause, row.Budget));
    }

    private static Run Chart(PauseRow row, int width, GlyphSet glyphs)
    {
        var bars = Sparkline.Of(row.Pauses.Pauses, row.Budget, width, glyphs);
        return new(string.Concat(bars.Select(bar => bar.Text)), bars.Any(bar => bar.Tone == Tone.Bad) ? Tone.Bad : Tone.Good);
    }

    private static Tone ToneOf(long pause, long budget) => budget > 0 && pause > budget ? Tone.Bad : Tone.Normal;
}
