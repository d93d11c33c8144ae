using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>A piece of a line in one tone.</summary>
internal readonly record struct Run(string Text, Tone Tone = Tone.Normal);

/// <summary>One line of the screen, ready to be drawn.</summary>
internal sealed record Line(params Run[] Runs)
{
    public static readonly Line Empty = new();

    /// <summary>True for the line under the cursor: the whole line is shown in reverse.</summary>
    public bool Selected { get; init; }

    public string Text => string.Concat(Runs.Select(run => run.Text));

    public bool Equals(Line? other) => other is not null && Selected == other.Selected && Runs.AsSpan().SequenceEqual(other.Runs);

    public override int GetHashCode() => HashCode.Combine(Text, Selected);

    /// <summary>The line cut or filled up to exactly <paramref name="width"/> columns.</summary>
    public Line Fit(int width, string cut)
    {
        var runs = new List<Run>();
        var left = width;
        foreach (var run in Runs)
        {
            var text = Columns.Cut(run.Text, left, cut);
            if (text.Length > 0)
            {
                runs.Add(run with { Text = text });
                left -= Columns.Of(text);
            }

            if (text != run.Text)
            {
                break;
            }
        }

        if (left > 0)
        {
            runs.Add(new Run(new string(' ', left)));
        }

        return new Line([.. runs]) { Selected = Selected };
    }

    /// <summary>Puts pieces beside each other, two blanks between them, on as many lines as they need; one that is too wide is cut.</summary>
    public static IEnumerable<Line> Flowed(IEnumerable<Run> pieces, int width, string label, int indent, string cut)
    {
        var room = Math.Max(1, width - indent);
        var line = new List<Run>();
        var used = 0;
        foreach (var piece in pieces)
        {
            var text = Columns.Cut(piece.Text, room, cut);
            var need = Columns.Of(text);
            if (line.Count > 0 && used + 2 + need > room)
            {
                yield return Labelled(line);
                (line, used, label) = ([], 0, "");
            }

            if (line.Count > 0)
            {
                line.Add(new Run("  "));
                used += 2;
            }

            line.Add(piece with { Text = text });
            used += need;
        }

        if (line.Count > 0)
        {
            yield return Labelled(line);
        }

        Line Labelled(List<Run> runs) => new([new Run(Columns.Fit(label, indent, ""), Tone.Dim), .. runs]);
    }

    /// <summary>Wraps a text under a label: <c>label  text text</c>, further lines indented.</summary>
    public static IEnumerable<Line> Wrapped(string text, int width, Tone tone, string label = "", int indent = 0, Tone labelTone = Tone.Dim)
    {
        var head = label;
        foreach (var part in Columns.Wrap(text, Math.Max(1, width - indent)))
        {
            yield return indent == 0 ? new Line(new Run(part, tone)) : new Line(new Run(Columns.Fit(head, indent, ""), labelTone), new Run(part, tone));
            head = "";
        }
    }
}
