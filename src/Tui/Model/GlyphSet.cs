namespace VirtHandover.Tui.Model;

/// <summary>The characters beyond letters that the screen and the tables use.</summary>
internal sealed record GlyphSet
{
    public static readonly GlyphSet Unicode = new()
    {
        IsAscii = false,
        Current = "·",
        Pending = "!",
        Approved = "○",
        Running = "▶",
        Done = "✓",
        Failed = "✗",
        Deferred = "z",
        Blocked = "■",
        Arrow = "→",
        Cut = "…",
        None = "—",
        Skipped = "–",
        Mark = "●",
        Caret = "▏",
        Bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    };

    public static readonly GlyphSet Ascii = new()
    {
        IsAscii = true,
        Current = ".",
        Pending = "!",
        Approved = "o",
        Running = ">",
        Done = "+",
        Failed = "x",
        Deferred = "z",
        Blocked = "#",
        Arrow = "->",
        Cut = "~",
        None = "-",
        Skipped = "-",
        Mark = "*",
        Caret = "_",
        Bars = [".", ":", "-", "=", "+", "*", "#"],
    };

    public required bool IsAscii { get; init; }

    public required string Current { get; init; }

    public required string Pending { get; init; }

    public required string Approved { get; init; }

    public required string Running { get; init; }

    public required string Done { get; init; }

    public required string Failed { get; init; }

    public required string Deferred { get; init; }

    public required string Blocked { get; init; }

    public required string Arrow { get; init; }

    /// <summary>Stands for what was cut off.</summary>
    public required string Cut { get; init; }

    /// <summary>Stands for "there is none".</summary>
    public required string None { get; init; }

    /// <summary>A phase that was never entered.</summary>
    public required string Skipped { get; init; }

    /// <summary>Before a domain that is marked.</summary>
    public required string Mark { get; init; }

    /// <summary>Where the next letter goes.</summary>
    public required string Caret { get; init; }

    /// <summary>The bars of a chart, the lowest first; each one column wide.</summary>
    public required IReadOnlyList<string> Bars { get; init; }

    /// <summary>Foreign text made safe for a terminal that has this set.</summary>
    public string Safe(string text) => Format.Printable.Of(IsAscii ? Typewritten(text) : text, IsAscii);

    /// <summary>The marks that this program's own sentences use.</summary>
    private static string Typewritten(string text) => text
        .Replace('“', '"').Replace('”', '"').Replace('’', '\'').Replace("…", "...", StringComparison.Ordinal).Replace("→", "->", StringComparison.Ordinal);
}
