using System.Globalization;
using VirtHandover.Policy;

namespace VirtHandover.Tui.Time;

/// <summary>
/// Reads the moment until which a domain is deferred: <c>22:00</c> (the next one), <c>+2h</c>, <c>tomorrow 06:00</c>, <c>Sat 03:00</c>,
/// <c>2026-11-23 22:00</c>, or RFC 3339 with a zone. The screen and the command line share it.
/// </summary>
internal static class UntilParser
{
    public const string Example = "22:00, +2h, 'tomorrow 06:00', 'Sat 03:00' or '2026-11-23 22:00'";

    /// <summary>What the defer dialog offers.</summary>
    public static readonly IReadOnlyList<string> Presets = ["+2h", "22:00", "tomorrow 06:00", "Sat 03:00"];

    private static readonly string[] ClockFormats = ["H:mm", "H:mm:ss"];

    private static readonly string[] LocalFormats =
        ["yyyy-MM-dd H:mm", "yyyy-MM-dd H:mm:ss", "yyyy-MM-dd'T'H:mm", "yyyy-MM-dd'T'H:mm:ss"];

    private static readonly string[] ZonedFormats =
    [
        "yyyy-MM-dd H:mmK", "yyyy-MM-dd H:mm:ssK", "yyyy-MM-dd H:mm K", "yyyy-MM-dd H:mm:ss K",
        "yyyy-MM-dd'T'H:mmK", "yyyy-MM-dd'T'H:mm:ssK", "yyyy-MM-dd'T'H:mm:ss.FFFFFFFK",
    ];

    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>Reads a moment after <paramref name="now"/>.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="zone">The zone of times that name none.</param>
    /// <param name="until">The moment, in UTC.</param>
    /// <param name="error">What is wrong, with an example of what is right; empty when all is well.</param>
    public static bool TryParse(string text, DateTimeOffset now, TimeZoneInfo zone, out DateTimeOffset until, out string error)
    {
        var trimmed = text.Trim();
        until = default;
        if (trimmed.Length == 0)
        {
            error = $"No time was given; write for example {Example}.";
            return false;
        }

        if (trimmed[0] == '+')
        {
            return TryRelative(trimmed, now, out until, out error);
        }

        if (Read(trimmed, now, zone) is not { } moment)
        {
            error = $"“{Format.Printable.Of(trimmed)}” is not a time; write for example {Example}.";
            return false;
        }

        until = moment.ToUniversalTime();
        error = until > now ? "" : $"{Moment.Full(until, zone)} has passed already; write for example {Example}.";
        return error.Length == 0;
    }

    private static bool TryRelative(string text, DateTimeOffset now, out DateTimeOffset until, out string error)
    {
        until = default;
        if (!DurationRange.Some.TryParse(text[1..], out var span, out var reason))
        {
            error = $"“{Format.Printable.Of(text)}” is not a duration: {reason}; write for example +2h or +1h30m.";
            return false;
        }

        if (span > DateTimeOffset.MaxValue - now)
        {
            error = $"“{text}” lies beyond the end of the calendar; write for example +2h.";
            return false;
        }

        until = (now + span).ToUniversalTime();
        error = "";
        return true;
    }

    private static DateTimeOffset? Read(string text, DateTimeOffset now, TimeZoneInfo zone)
    {
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        if (TryClock(text, out var clock))
        {
            return NextOf(today, clock, 1, now, zone);
        }

        if (Exact(text, LocalFormats) is { } local)
        {
            return AtLocal(local, now, zone);
        }

        if (DateTimeOffset.TryParseExact(text, ZonedFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var zoned)
            && (text[^1] is 'Z' || text.LastIndexOfAny(['+', '-']) > 9))
        {
            return zoned;
        }

        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 2 || !TryClock(words[1], out clock))
        {
            return null;
        }

        return words[0].ToUpperInvariant() switch
        {
            "TODAY" => AtLocal(today + clock, now, zone),
            "TOMORROW" => Day(today, 1) is { } tomorrow ? AtLocal(tomorrow + clock, now, zone) : null,
            _ => OnWeekday(words[0], today, clock, now, zone),
        };
    }

    private static DateTimeOffset? OnWeekday(string word, DateTime today, TimeSpan clock, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (word.Length < 3 || !Enum.GetNames<DayOfWeek>().Any(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        var wanted = Array.IndexOf(DayNames, word[..3].ToLowerInvariant());
        var ahead = (wanted - (int)today.DayOfWeek + 7) % 7;
        return Day(today, ahead) is { } day ? NextOf(day, clock, 7, now, zone) : null;
    }

    /// <summary>The first of day, day + step … whose clock time lies after now.</summary>
    private static DateTimeOffset? NextOf(DateTime day, TimeSpan clock, int step, DateTimeOffset now, TimeZoneInfo zone)
    {
        var first = AtLocal(day + clock, now, zone);
        return first > now ? first : Day(day, step) is { } next ? AtLocal(next + clock, now, zone) : null;
    }

    private static DateTimeOffset? AtLocal(DateTime local, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (zone.IsAmbiguousTime(local))
        {
            // The clock shows this time twice: the first that is still to come is meant.
            var offsets = zone.GetAmbiguousTimeOffsets(local).OrderDescending().ToArray();
            return offsets.Select(offset => Make(local, offset)).FirstOrDefault(moment => moment > now) ?? Make(local, offsets[^1]);
        }

        // A time that the clock jumps over becomes the moment as long after the jump.
        return Make(local, zone.GetUtcOffset(local));
    }

    private static DateTimeOffset? Make(DateTime local, TimeSpan offset)
    {
        var ticks = local.Ticks - offset.Ticks;
        return ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    private static DateTime? Day(DateTime day, int ahead) => day > DateTime.MaxValue.Date.AddDays(-ahead) ? null : day.AddDays(ahead);

    private static bool TryClock(string text, out TimeSpan clock)
    {
        var found = Exact(text, ClockFormats);
        clock = found?.TimeOfDay ?? default;
        return found is not null;
    }

    private static DateTime? Exact(string text, string[] formats) =>
        DateTime.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.NoCurrentDateDefault, out var found) ? found : null;
}
