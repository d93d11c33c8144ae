using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>A column of a <see cref="Table"/>.</summary>
internal sealed record TableColumn(string Title, bool AlignRight = false, int Most = int.MaxValue);

/// <summary>Rows whose cells are aligned by terminal columns.</summary>
internal static class Table
{
    public const string Gap = "  ";

    /// <summary>The width each column needs for these rows.</summary>
    public static int[] Widths(IReadOnlyList<TableColumn> columns, IReadOnlyList<Run[]> rows) =>
        [.. columns.Select((column, i) => Math.Min(column.Most, rows.Select(row => Columns.Of(row[i].Text)).Append(Columns.Of(column.Title)).Max()))];

    /// <summary>The head line and the rows; the last column is cut at <paramref name="total"/> and never filled up.</summary>
    public static IReadOnlyList<Line> Layout(IReadOnlyList<TableColumn> columns, IReadOnlyList<Run[]> rows, int total, GlyphSet glyphs)
    {
        var widths = Widths(columns, rows);
        var head = columns.Select(column => new Run(column.Title, Tone.Heading)).ToArray();
        return [.. rows.Prepend(head).Select(row => One(columns, row, widths, total, glyphs))];
    }

    private static Line One(IReadOnlyList<TableColumn> columns, Run[] row, int[] widths, int total, GlyphSet glyphs)
    {
        var cells = new List<Run>();
        var used = 0;
        for (var i = 0; i < row.Length && used < total; i++)
        {
            var last = i == row.Length - 1;
            var width = Math.Min(widths[i], total - used);
            var text = last && !columns[i].AlignRight
                ? Columns.Cut(row[i].Text, width, glyphs.Cut)
                : Columns.Fit(row[i].Text, width, glyphs.Cut, columns[i].AlignRight);
            cells.Add(row[i] with { Text = text });
            used += width;
            if (!last && used < total)
            {
                var gap = Gap[..Math.Min(Gap.Length, total - used)];
                cells.Add(new Run(gap));
                used += gap.Length;
            }
        }

        return new Line([.. cells]);
    }
}
