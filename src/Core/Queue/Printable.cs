using System.Globalization;
using System.Text;

namespace VirtHandover.Queue;

/// <summary>Text from outside (a domain's name is any bytes its owner likes) for a log line or a sentence.</summary>
public static class Printable
{
    /// <summary>Escapes what a terminal or the journal would act on.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The same text with control, format and line-separating characters as <c>\uXXXX</c>.</returns>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (IsUnsafe(c))
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            }
            else
            {
                escaped.Append(c);
            }
        }

        return escaped.ToString();
    }

    private static bool IsUnsafe(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
