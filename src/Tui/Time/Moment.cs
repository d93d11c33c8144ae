using System.Globalization;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Time;

/// <summary>Points in time as a person reads them, in the zone of his terminal.</summary>
internal static class Moment
{
    /// <summary>Short, for a list: <c>22:00</c> today, <c>Sat 03:00</c> this week, <c>2026-12-24</c> later.</summary>
    public static string Short(DateTimeOffset moment, DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(moment, zone);
        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        var days = (local.Date - today).Days;
        return days switch
        {
            0 => Text($"{local:HH:mm}"),
            > 0 and < 7 => Text($"{local:ddd HH:mm}"),
            _ => Text($"{local:yyyy-MM-dd}"),
        };
    }

    /// <summary>In full, for details: <c>Sun 2026-11-22 22:00:00 +01:00</c>.</summary>
    public static string Full(DateTimeOffset moment, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(moment, zone);
        return local.Offset == TimeSpan.Zero ? Text($"{local:ddd yyyy-MM-dd HH:mm:ss} UTC") : Text($"{local:ddd yyyy-MM-dd HH:mm:ss zzz}");
    }

    /// <summary>In full and how far away: <c>Sun 2026-11-22 22:00:00 UTC (in 3 h 4 min)</c>.</summary>
    public static string FullWithDistance(DateTimeOffset moment, DateTimeOffset now, TimeZoneInfo zone) =>
        Full(moment, zone) + (moment >= now ? $" (in {Quantity.Span(moment - now)})" : $" ({Quantity.Span(now - moment)} ago)");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
