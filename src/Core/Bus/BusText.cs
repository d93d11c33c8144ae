using System.Text;
using VirtHandover.Foreign;

namespace VirtHandover.Bus;

/// <summary>
/// Makes any text fit for a D-Bus string: valid UTF-8 without NUL. The name of a domain is arbitrary text, and one bad
/// name must not keep the other domains from being shown.
/// </summary>
internal static class BusText
{
    /// <summary>The text as UTF-8; what D-Bus does not allow has become U+FFFD.</summary>
    internal static byte[] Encode(string text)
    {
        text = ForeignText.Shorten(text, ForeignBounds.MessageTextChars);
        var builder = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            builder.Append(IsAllowed(rune) ? rune : Rune.ReplacementChar);
        return Encoding.UTF8.GetBytes(builder.ToString());
    }

    /// <summary>The text as it arrives at the other side of the bus.</summary>
    internal static string Sanitize(string text) => Encoding.UTF8.GetString(Encode(text));

    // EnumerateRunes has already replaced lone surrogates. sd-bus and older buses refuse the Unicode noncharacters as well.
    private static bool IsAllowed(Rune rune) =>
        rune.Value != 0 && (rune.Value & 0xFFFE) != 0xFFFE && rune.Value is < 0xFDD0 or > 0xFDEF;
}
