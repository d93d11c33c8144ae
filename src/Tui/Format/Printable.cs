using System.Globalization;
using System.Text;

namespace VirtHandover.Tui.Format;

/// <summary>
/// Makes foreign text safe for a terminal. A domain's name is any text its creator liked, terminal escapes, line breaks and
/// characters that reverse the direction of a line included.
/// </summary>
internal static class Printable
{
    /// <summary>Replaces what a terminal would not show as a character of its own by <c>\xNN</c> or <c>\u{NNNN}</c>.</summary>
    /// <param name="text">Any text; lone surrogates are escaped too.</param>
    /// <param name="asciiOnly">Escape everything beyond ASCII, for terminals that do not speak UTF-8.</param>
    public static string Of(string text, bool asciiOnly = false)
    {
        if (!NeedsEscape(text, asciiOnly))
        {
            return text;
        }

        var safe = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var used) != System.Buffers.OperationStatus.Done)
            {
                Append(safe, text[i]);
                i++;
                continue;
            }

            i += used;
            if (IsSafe(rune, asciiOnly))
            {
                safe.Append(rune.ToString());
            }
            else
            {
                Append(safe, rune.Value);
            }
        }

        return safe.ToString();
    }

    private static bool NeedsEscape(string text, bool asciiOnly)
    {
        foreach (var c in text)
        {
            if (c is < ' ' or '\x7f' || (c > '\x7f' && (asciiOnly || !char.IsLetterOrDigit(c))))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSafe(Rune rune, bool asciiOnly)
    {
        if (rune.IsAscii)
        {
            return rune.Value is >= ' ' and not 0x7f;
        }

        return !asciiOnly && !IsVariationSelector(rune) && Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
    }

    /// <summary>Terminals disagree on the width of a character that one of these follows.</summary>
    private static bool IsVariationSelector(Rune rune) => rune.Value is (>= 0xfe00 and <= 0xfe0f) or (>= 0xe0100 and <= 0xe01ef);

    private static void Append(StringBuilder safe, int value) => safe.Append(value switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        <= 0xff => "\\x" + value.ToString("x2", CultureInfo.InvariantCulture),
        _ => "\\u{" + value.ToString("x4", CultureInfo.InvariantCulture) + "}",
    });
}
