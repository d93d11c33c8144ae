using System.Globalization;
using VirtHandover.Policy;

namespace VirtHandover.Tui.Time;

/// <summary>
/// Reads a moment in the past: <c>2026-11-01</c>, <c>'2026-11-01 22:00'</c>, RFC 3339 with a zone, <c>today</c>, <c>yesterday</c>, or
/// how long ago, as <c>-2h</c>.
/// </summary>
internal static class PastParser
{
    public const string Example = "2026-11-01, '2026-11-01 22:00', today, yesterday or -7d";

    private static readonly string[] LocalFormats =
        ["yyyy-MM-dd", "yyyy-MM-dd H:mm", "yyyy-MM-dd H:mm:ss", "yyyy-MM-dd'T'H:mm", "yyyy-MM-dd'T'H:mm:ss"];

    private static readonly string[] ZonedFormats = ["yyyy-MM-dd'T'H:mmK", "yyyy-MM-dd'T'H:mm:ssK", "yyyy-MM-dd'T'H:mm:ss.FFFFFFFK"];

    /// <summary>Reads it.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="zone">The zone of times that name none.</param>
    /// <param name="moment">The moment, in UTC.</param>
    /// <param name="error">What is wrong, with an example; empty when all is well.</param>
    public static bool TryParse(string text, DateTimeOffset now, TimeZoneInfo zone, out DateTimeOffset moment, out string error)
    {
        var trimmed = text.Trim();
        moment = default;
        error = "";
        if (trimmed.StartsWith('-'))
        {
            if (DurationRange.Some.TryParse(trimmed[1..], out var span, out var reason))
            {
                moment = now.ToUniversalTime() - span;
                return true;
            }

            error = $"“{Format.Printable.Of(trimmed)}” is not how long ago: {reason}; write for example -7d.";
            return false;
        }

        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        DateTime? local = trimmed.ToLowerInvariant() switch
        {
            "today" => today,
            "yesterday" => today.AddDays(-1),
            _ => DateTime.TryParseExact(trimmed, LocalFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var found) ? found : null,
        };
        if (local is { } time && time.Year is > 1 and < 9999)
        {
            moment = new DateTimeOffset(time, zone.GetUtcOffset(time)).ToUniversalTime();
            return true;
        }

        if (DateTimeOffset.TryParseExact(trimmed, ZonedFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var zoned))
        {
            moment = zoned.ToUniversalTime();
            return true;
        }

        error = $"“{Format.Printable.Of(trimmed)}” is not a time; write for example {Example}.";
        return false;
    }
}
