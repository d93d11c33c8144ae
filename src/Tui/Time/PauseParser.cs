using System.Globalization;

namespace VirtHandover.Tui.Time;

/// <summary>Reads a pause budget: <c>30ms</c>, <c>1.5s</c>.</summary>
internal static class PauseParser
{
    public const string Example = "30ms or 1.5s";

    private const long Longest = 3_600_000_000;

    /// <summary>Reads it.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="microseconds">In µs.</param>
    /// <param name="error">What is wrong; empty when all is well.</param>
    public static bool TryParse(string text, out long microseconds, out string error)
    {
        microseconds = 0;
        var (unit, factor) = text.EndsWith("ms", StringComparison.Ordinal) ? ("ms", 1000m) : text.EndsWith('s') ? ("s", 1_000_000m) : ("", 0);
        if (unit.Length == 0)
        {
            error = "a unit (ms or s) was expected at its end";
            return false;
        }

        if (!decimal.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            error = $"a number was expected before {unit}";
            return false;
        }

        error = number <= 0 ? "it is not longer than nothing" : number > Longest / factor ? "it is longer than an hour" : "";
        microseconds = error.Length == 0 ? (long)(number * factor) : 0;
        return error.Length == 0;
    }
}
