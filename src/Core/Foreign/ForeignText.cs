using System.Globalization;
using System.Text;

namespace VirtHandover.Foreign;

/// <summary>
/// Text from outside, for a sentence, a log line or a row: shortens it to what is believed of it (<see cref="ForeignBounds"/>) and says that it did, and
/// escapes it. A domain's name is any bytes its owner likes.
/// </summary>
public static class ForeignText
{
    /// <summary>Room for "and 4711 more", so that what was shortened once is short enough.</summary>
    private const int CountChars = 40;

    /// <summary>A name, a path, a version.</summary>
    internal static string Name(string text) => Shorten(text, ForeignBounds.NameChars);

    /// <summary>A sentence of ours in which others' words may stand; passwords that a command line had are not among them any more.</summary>
    internal static string Sentence(string text) => Shorten(Secrets.Redact(text), ForeignBounds.SentenceChars);

    /// <summary>Cuts a text, not through a character of two.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">Characters that may stay, the mark among them.</param>
    internal static string Shorten(string text, int most)
    {
        if (text.Length <= most)
            return text;
        var end = char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1;
        return string.Concat(text.AsSpan(0, end), "…");
    }

    /// <summary>Escapes what a terminal or the journal would act on.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The same text with control, format and line-separating characters and halves of characters as <c>\uXXXX</c> or <c>\UXXXXXXXX</c>.</returns>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Escaped(text, isShort: false);
    }

    /// <summary>A short text of others within quotation marks; nothing in it is more than a character on one line, as halves of characters are not.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="most">Characters of it that may stay.</param>
    internal static string Quote(string text, int most) => $"'{Escaped(text.Length <= most ? text : text[..most] + "…", isShort: true)}'";

    // Short: what is not one unit of UTF-16 is escaped, unit by unit, so that each stands for at most six characters.
    private static string Escaped(string text, bool isShort)
    {
        var escaped = new StringBuilder(text.Length + 16);
        for (var at = 0; at < text.Length;)
        {
            var isWhole = Rune.TryGetRuneAt(text, at, out var rune);
            if (!isWhole || (isShort && !rune.IsBmp))
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[at++]:X4}");
            else
                at += Append(escaped, rune);
        }

        return escaped.Length == text.Length ? text : escaped.ToString();
    }

    private static int Append(StringBuilder escaped, Rune rune)
    {
        if (!IsActive(rune))
            escaped.Append(rune.ToString());
        else if (rune.IsBmp)
            escaped.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
        else
            escaped.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}");
        return rune.Utf16SequenceLength;
    }

    /// <summary>The first line of what a program said, escaped.</summary>
    /// <param name="text">All of it.</param>
    /// <param name="most">Characters of it that may stay.</param>
    internal static string FirstLine(string text, int most)
    {
        var line = text.Trim().Split('\n')[0].Trim();
        return Escape(line.Length > most ? line[..most] + "…" : line);
    }

    private static bool IsActive(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>The first of them; behind those one that says how many there were.</summary>
    internal static IReadOnlyList<string> Paths(IReadOnlyList<string> paths)
    {
        if (paths.Contains(null!))
            paths = [.. paths.Where(path => path is not null)];
        if (paths.Count <= ForeignBounds.Paths && paths.Sum(path => path.Length) <= ForeignBounds.PathsChars)
            return paths;
        var kept = new List<string>();
        var room = ForeignBounds.PathsChars - CountChars;
        foreach (var path in paths.Select(Name))
        {
            room -= path.Length;
            if (room < 0 || kept.Count == ForeignBounds.Paths - 1)
                break;
            kept.Add(path);
        }

        kept.Add(string.Create(CultureInfo.InvariantCulture, $"and {paths.Count - kept.Count} more"));
        return kept;
    }
}
