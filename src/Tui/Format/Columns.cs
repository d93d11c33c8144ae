using System.Globalization;
using System.Text;
using Terminal.Gui.Text;

namespace VirtHandover.Tui.Format;

/// <summary>Measures and cuts text by terminal columns, as Terminal.Gui draws it.</summary>
internal static class Columns
{
    public static int Of(string text) => IsAscii(text) ? text.Length : Math.Max(0, text.GetColumns());

    /// <summary>Cuts at <paramref name="width"/> columns; what was cut shows as the mark at the end.</summary>
    public static string Cut(string text, int width, string mark)
    {
        if (width <= 0)
        {
            return "";
        }

        if (Of(text) <= width)
        {
            return text;
        }

        var room = width - Of(mark);
        return room < 0 ? Head(text, width) : Head(text, room) + mark;
    }

    /// <summary>Cuts or fills with blanks, so that the result takes exactly <paramref name="width"/> columns.</summary>
    public static string Fit(string text, int width, string mark, bool right = false)
    {
        var cut = Cut(text, width, mark);
        var blanks = new string(' ', Math.Max(0, width - Of(cut)));
        return right ? blanks + cut : cut + blanks;
    }

    /// <summary>Breaks a text into lines of at most <paramref name="width"/> columns, at blanks where there are any.</summary>
    public static IReadOnlyList<string> Wrap(string text, int width)
    {
        if (width <= 0)
        {
            return [];
        }

        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var rest = word;
            if (line.Length > 0)
            {
                if (Of(line) + 1 + Of(rest) <= width)
                {
                    line += " " + rest;
                    continue;
                }

                lines.Add(line);
            }

            while (Of(rest) > width)
            {
                var head = Head(rest, width);
                if (head.Length == 0)
                {
                    // One grapheme is wider than the whole line: there is no way to show it.
                    head = StringInfo.GetNextTextElement(rest);
                    rest = rest[head.Length..];
                    continue;
                }

                lines.Add(head);
                rest = rest[head.Length..];
            }

            line = rest;
        }

        if (line.Length > 0 || lines.Count == 0)
        {
            lines.Add(line);
        }

        return lines;
    }

    private static string Head(string text, int width)
    {
        if (IsAscii(text))
        {
            return text[..Math.Min(width, text.Length)];
        }

        var head = new StringBuilder();
        var used = 0;
        var elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            var element = elements.GetTextElement();
            used += Of(element);
            if (used > width)
            {
                break;
            }

            head.Append(element);
        }

        return head.ToString();
    }

    private static bool IsAscii(string text) => Ascii.IsValid(text);
}
