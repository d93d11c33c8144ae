using System.Globalization;

namespace VirtHandover.Tui.Format;

/// <summary>Durations as a person reads them.</summary>
internal static class Quantity
{
    /// <summary>For example <c>4.2 ms</c>, <c>41 ms</c>, <c>312 ms</c>, <c>8.3 s</c>, <c>3 min 5 s</c>.</summary>
    /// <param name="microseconds">The duration in µs; 0 or less means "never measured" and gives an empty text.</param>
    public static string Duration(long microseconds)
    {
        var ms = microseconds / 1000m;
        return microseconds switch
        {
            <= 0 => "",
            < 9_950 => Text($"{ms:0.0} ms"),
            < 999_500 => Text($"{ms:0} ms"),
            < 9_995_000 => Text($"{ms / 1000:0.00} s"),
            < 59_950_000 => Text($"{ms / 1000:0.0} s"),
            _ => Span(TimeSpan.FromTicks(Math.Min(microseconds, long.MaxValue / 10) * 10)),
        };
    }

    /// <summary>The two largest units of a span, for example <c>3 h 4 min</c>.</summary>
    public static string Span(TimeSpan span)
    {
        var seconds = (long)Math.Round(span.TotalSeconds);
        return seconds switch
        {
            < 60 => Text($"{Math.Max(0, seconds)} s"),
            < 3600 => Pair(seconds / 60, "min", seconds % 60, "s"),
            < 86_400 => Pair(seconds / 3600, "h", seconds / 60 % 60, "min"),
            _ => Pair(seconds / 86_400, "d", seconds / 3600 % 24, "h"),
        };
    }

    public static string Bytes(long bytes) => bytes switch
    {
        < 1L << 20 => Text($"{bytes / 1024m:0.#} KiB"),
        < 1L << 30 => Text($"{bytes / 1048576m:0.#} MiB"),
        _ => Text($"{bytes / 1073741824m:0.##} GiB"),
    };

    private static string Pair(long large, string largeUnit, long small, string smallUnit) =>
        small == 0 ? Text($"{large} {largeUnit}") : Text($"{large} {largeUnit} {small} {smallUnit}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
