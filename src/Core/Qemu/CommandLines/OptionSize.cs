using System.Globalization;

namespace VirtHandover.Qemu;

/// <summary>Sizes as QEMU's options write them: bytes, or a number with B, K, M, G, T, P or E (powers of 1024).</summary>
internal static class OptionSize
{
    private const string Units = "BKMGTPE";

    /// <summary>Reads a size.</summary>
    /// <param name="text">For example <c>512M</c>.</param>
    /// <param name="bytes">The size in bytes.</param>
    /// <returns>False when it is no size, or does not fit.</returns>
    internal static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var unit = text.Length > 0 ? Units.IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) : -1;
        var digits = unit < 0 ? text : text[..^1];
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return false;
        try
        {
            bytes = decimal.ToInt64(decimal.Truncate(number * (1L << (10 * Math.Max(unit, 0)))));
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }
}
