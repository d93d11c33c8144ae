using System.Globalization;

namespace VirtHandover.Configuration;

/// <summary>Time spans as systemd writes them: <c>500ms</c>, <c>10min</c>, <c>1h 30min</c>; a bare number is seconds.</summary>
public static class TimeSpanText
{
    /// <summary>What a message shows as an example of a right value.</summary>
    public const string Example = "500ms, 30s, 10min, 2h or 1h 30min";

    /// <summary>Longest span that is understood: longer ones are typing errors.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    private static readonly (string Name, decimal Ticks)[] Units =
    [
        ("us", 10m), ("µs", 10m), ("usec", 10m),
        ("ms", 10_000m), ("msec", 10_000m),
        ("s", 1e7m), ("sec", 1e7m), ("second", 1e7m), ("seconds", 1e7m),
        ("m", 60e7m), ("min", 60e7m), ("minute", 60e7m), ("minutes", 60e7m),
        ("h", 3600e7m), ("hr", 3600e7m), ("hour", 3600e7m), ("hours", 3600e7m),
        ("d", 86400e7m), ("day", 86400e7m), ("days", 86400e7m),
        ("w", 604800e7m), ("week", 604800e7m), ("weeks", 604800e7m),
    ];

    /// <summary>Reads a time span.</summary>
    /// <param name="text">The text; untrusted.</param>
    /// <param name="value">The span, at most <see cref="Longest"/> and never negative.</param>
    /// <returns>False when it is not a time span.</returns>
    public static bool TryParse(string? text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        var rest = (text ?? "").AsSpan().Trim();
        if (rest.IsEmpty)
        {
            return false;
        }

        var ticks = 0m;
        while (!rest.IsEmpty)
        {
            if (!TryTakeNumber(ref rest, out var number) || !TryTakeUnit(ref rest, out var unit))
            {
                return false;
            }

            ticks += number * unit;
        }

        if (ticks > Longest.Ticks)
        {
            return false;
        }

        value = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>Writes a time span so that <see cref="TryParse"/> reads the same one, to the µs.</summary>
    /// <param name="value">Not negative.</param>
    /// <returns>For example <c>1h 30min</c>.</returns>
    public static string Format(TimeSpan value)
    {
        (long Amount, string Unit)[] parts =
        [
            (value.Days, "d"), (value.Hours, "h"), (value.Minutes, "min"),
            (value.Seconds, "s"), (value.Milliseconds, "ms"), (value.Microseconds, "us"),
        ];
        var text = string.Join(' ', parts
            .Where(part => part.Amount != 0)
            .Select(part => part.Amount.ToString(CultureInfo.InvariantCulture) + part.Unit));
        return text.Length == 0 ? "0s" : text;
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<char> rest, out decimal number)
    {
        var length = 0;
        while (length < rest.Length && (char.IsAsciiDigit(rest[length]) || rest[length] == '.'))
        {
            length++;
        }

        // Twelve digits keep number times unit far from decimal's limit.
        number = 0;
        if (length is 0 or > 12 ||
            !decimal.TryParse(rest[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        rest = rest[length..].TrimStart();
        return true;
    }

    private static bool TryTakeUnit(ref ReadOnlySpan<char> rest, out decimal ticks)
    {
        var length = 0;
        while (length < rest.Length && char.IsLetter(rest[length]))
        {
            length++;
        }

        var name = length == 0 ? "s" : rest[..length];
        ticks = 0;
        foreach (var unit in Units)
        {
            if (name.SequenceEqual(unit.Name))
            {
                ticks = unit.Ticks;
            }
        }

        rest = rest[length..].TrimStart();
        return ticks > 0;
    }
}
