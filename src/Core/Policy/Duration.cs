using System.Globalization;

namespace VirtHandover.Policy;

/// <summary>
/// Durations as systemd writes them: <c>500ms</c>, <c>10min</c>, <c>1h 30min</c>, <c>1.5s</c>. The configuration and the command line read and write them
/// by this alone, so that what one of them shows the other takes.
/// </summary>
public static class Duration
{
    /// <summary>What a message shows as an example of a right value.</summary>
    public const string Example = "500ms, 30s, 10min, 2h or 1h30min";

    /// <summary>Longest one that is understood: longer ones are typing errors.</summary>
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

    /// <summary>Reads one.</summary>
    /// <param name="text">The text; untrusted.</param>
    /// <param name="isBareSeconds">True where a number without a unit is seconds; elsewhere it is wrong.</param>
    /// <param name="value">The duration, at most <see cref="Longest"/> and never negative.</param>
    /// <param name="error">What is wrong, as the end of a sentence that has shown the text; empty when nothing is.</param>
    /// <returns>False when it is not a duration.</returns>
    public static bool TryParse(string? text, bool isBareSeconds, out TimeSpan value, out string error)
    {
        var all = text ?? "";
        var at = Blanks(all, 0);
        var ticks = 0m;
        error = at == all.Length ? "it is empty" : "";
        while (at < all.Length && error.Length == 0)
            error = TakePart(all, isBareSeconds, ref at, ref ticks);
        if (error.Length == 0 && ticks > Longest.Ticks)
            error = $"it is longer than {Format(Longest)}";
        value = error.Length == 0 ? TimeSpan.FromTicks((long)ticks) : TimeSpan.Zero;
        return error.Length == 0;
    }

    /// <summary>Writes one so that <see cref="TryParse"/> reads the same, to the µs.</summary>
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

    // A number, its unit, and the blanks behind each; returns what is wrong.
    private static string TakePart(string text, bool isBareSeconds, ref int at, ref decimal ticks)
    {
        var end = While(text, at, c => char.IsAsciiDigit(c) || c == '.');
        // Twelve digits keep number times unit far from decimal's limit.
        if (end - at > 12)
            return Place("the number", at, "is too long");
        if (!decimal.TryParse(text.AsSpan(at, end - at), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return Place("a number was expected", at);
        var start = Blanks(text, end);
        end = While(text, start, char.IsLetter);
        var name = text[start..end];
        if (name.Length == 0 && isBareSeconds)
            name = "s";
        if (Units.FirstOrDefault(unit => unit.Name == name) is not { Name: not null } found)
            return Place("a unit (d, h, min, s or ms) was expected", start);
        ticks += number * found.Ticks;
        at = Blanks(text, end);
        return "";
    }

    private static string Place(string what, int at, string wrong = "") =>
        string.Create(CultureInfo.InvariantCulture, $"{what} at character {at + 1} {wrong}").TrimEnd();

    private static int Blanks(string text, int at) => While(text, at, char.IsWhiteSpace);

    private static int While(string text, int at, Predicate<char> holds)
    {
        while (at < text.Length && holds(text[at]))
            at++;
        return at;
    }
}
