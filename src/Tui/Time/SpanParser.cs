using System.Globalization;

namespace VirtHandover.Tui.Time;

/// <summary>Reads durations such as <c>90s</c>, <c>10m</c>, <c>1h30m</c>, <c>2d</c>.</summary>
internal static class SpanParser
{
    public const string Example = "90s, 10m, 1h30m or 2d";

    /// <summary>The longest duration that is understood; more is taken for a slip of the finger.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public static bool TryParse(string text, out TimeSpan span, out string error)
    {
        span = TimeSpan.Zero;
        error = "";
        var lastUnit = int.MaxValue;
        var position = 0;
        while (position < text.Length)
        {
            var digits = position;
            while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            {
                digits++;
            }

            if (digits == position)
            {
                error = $"a number was expected at character {position + 1}";
                return false;
            }

            if (!int.TryParse(text.AsSpan(position, digits - position), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                error = $"the number at character {position + 1} is too large";
                return false;
            }

            if (digits == text.Length || UnitOf(text[digits]) is not { } unit)
            {
                error = $"a unit (d, h, m or s) was expected at character {digits + 1}";
                return false;
            }

            if (unit.Rank >= lastUnit)
            {
                error = $"the units have to go from large to small, each once; look at character {digits + 1}";
                return false;
            }

            lastUnit = unit.Rank;
            position = digits + 1;
            var seconds = span.TotalSeconds + ((double)number * unit.Seconds);
            if (seconds > Longest.TotalSeconds)
            {
                error = $"it is longer than {Longest.TotalDays:0} days";
                return false;
            }

            span = TimeSpan.FromSeconds(seconds);
        }

        if (span <= TimeSpan.Zero)
        {
            error = text.Length == 0 ? "it is empty" : "it is not longer than nothing";
            return false;
        }

        return true;
    }

    private static (int Rank, int Seconds)? UnitOf(char letter) => letter switch
    {
        'd' => (3, 86_400),
        'h' => (2, 3600),
        'm' => (1, 60),
        's' => (0, 1),
        _ => null,
    };
}
