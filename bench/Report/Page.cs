using System.Text;

namespace VirtHandover.Bench.Report;

/// <summary>A page of Markdown that is being written.</summary>
internal sealed class Page
{
    private readonly StringBuilder _text = new();

    public void Heading(int level, string text) => Line(new string('#', level) + " " + text).Line("");

    public void Paragraph(string text) => Line(text).Line("");

    public void Picture(string description, string file) => Line($"![{description}]({file})").Line("");

    /// <summary>A table; nothing when it has no rows.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
            return;
        Line("| " + string.Join(" | ", columns) + " |");
        // Words to the left, numbers to the right.
        Line("|" + string.Concat(columns.Select((_, i) => all.TrueForAll(row => IsNumber(row[i])) ? "---:|" : "---|")));
        foreach (var row in all)
            Line("| " + string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))) + " |");
        Line("");
    }

    public void List(IEnumerable<string> items)
    {
        var any = false;
        foreach (var item in items)
        {
            Line("* " + item);
            any = true;
        }

        if (any)
            Line("");
    }

    public override string ToString() => _text.ToString().TrimEnd('\n') + "\n";

    private static bool IsNumber(string cell) => cell.All(sign => char.IsAsciiDigit(sign) || sign is '.' or '/' or ' ' or '–' or '-');

    private Page Line(string text)
    {
        _text.Append(text).Append('\n');
        return this;
    }
}
