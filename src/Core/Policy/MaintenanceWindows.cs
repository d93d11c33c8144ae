namespace VirtHandover.Policy;

/// <summary>
/// Times of the week in which handovers may start, for example <c>Sun 02:00-04:00; Mon..Fri 22:00-05:00</c>. A window is open
/// whenever the clock on the host's wall shows a time in it: over midnight, in an hour that a change of the clock repeats (twice),
/// never in one that it leaves out. Immutable; equal when they are open at the same times.
/// </summary>
public sealed class MaintenanceWindows : IEquatable<MaintenanceWindows>
{
    /// <summary>What a message shows as an example of a right value.</summary>
    public const string Example = "Sun 02:00-04:00; Mon..Fri 22:00-05:00";

    /// <summary>Minutes of a week; the bit of each says whether it is open, from Sunday 00:00 on.</summary>
    internal const int MinutesOfWeek = 7 * 24 * 60;

    // A window of one day that the change of the clock leaves out comes again a week later.
    private static readonly TimeSpan s_horizon = TimeSpan.FromDays(15);

    private readonly bool[] _minutes;

    internal MaintenanceWindows(string text, bool[] minutes)
    {
        Text = text;
        _minutes = minutes;
    }

    /// <summary>No window at all: handovers may start at any time.</summary>
    public static MaintenanceWindows Always { get; } = new("", [.. Enumerable.Repeat(true, MinutesOfWeek)]);

    /// <summary>The windows in one spelling; empty for <see cref="Always"/>. <see cref="Parse"/> reads the same ones from it.</summary>
    public string Text { get; }

    /// <summary>True when handovers may start at any time.</summary>
    public bool IsAlways => Text.Length == 0;

    /// <summary>Open at no time. Nobody can write it; it is what is left of two windows that have no minute in common.</summary>
    internal static MaintenanceWindows Never { get; } = new("never", new bool[MinutesOfWeek]);

    /// <summary>Whether they are open only when others are.</summary>
    /// <param name="others">The others.</param>
    public bool IsWithin(MaintenanceWindows others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return !_minutes.Where((open, minute) => open && !others._minutes[minute]).Any();
    }

    /// <summary>Those times at which both are open.</summary>
    /// <param name="others">The others.</param>
    public MaintenanceWindows And(MaintenanceWindows others)
    {
        ArgumentNullException.ThrowIfNull(others);
        if (IsWithin(others))
            return this;
        if (others.IsWithin(this))
            return others;
        bool[] both = [.. _minutes.Zip(others._minutes, (one, other) => one && other)];
        return both.Contains(true) ? new MaintenanceWindows(WindowParser.Write(both), both) : Never;
    }

    /// <summary>Reads windows.</summary>
    /// <param name="text">The text; untrusted. Empty is <see cref="Always"/>.</param>
    /// <returns>The windows.</returns>
    /// <exception cref="PolicyException">It is none; the message says what is wrong with which part.</exception>
    public static MaintenanceWindows Parse(string text) => WindowParser.Parse(text);

    /// <summary>Whether one is open, and when that changes.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="zone">The host's time zone.</param>
    /// <returns>The next change is later than <paramref name="now"/>; null when there is none.</returns>
    public (bool IsOpen, DateTimeOffset? Change) At(DateTimeOffset now, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var utc = now.UtcDateTime;
        var isOpen = _minutes[MinuteOf(utc + zone.GetUtcOffset(utc))];
        if (IsAlways)
        {
            return (true, null);
        }

        // Every offset in use is a whole number of minutes, so the state can only change at a minute's start.
        var minute = utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMinute)).AddMinutes(1);
        for (var end = utc + s_horizon; minute < end; minute = minute.AddHours(1))
        {
            if (ChangeWithin(minute, zone, isOpen) is { } change)
            {
                return (isOpen, new DateTimeOffset(change, TimeSpan.Zero));
            }
        }

        return (isOpen, null);
    }

    /// <inheritdoc/>
    public bool Equals(MaintenanceWindows? other) => other is not null && IsAlways == other.IsAlways && _minutes.AsSpan().SequenceEqual(other._minutes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MaintenanceWindows);

    /// <inheritdoc/>
    public override int GetHashCode() => _minutes.Count(open => open);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private DateTime? ChangeWithin(DateTime hour, TimeZoneInfo zone, bool isOpen)
    {
        var first = zone.GetUtcOffset(hour);
        var isSteady = first == zone.GetUtcOffset(hour.AddHours(1));
        for (var i = 0; i < 60; i++)
        {
            var minute = hour.AddMinutes(i);
            if (_minutes[MinuteOf(minute + (isSteady ? first : zone.GetUtcOffset(minute)))] != isOpen)
            {
                return minute;
            }
        }

        return null;
    }

    private static int MinuteOf(DateTime wall) => ((int)wall.DayOfWeek * 24 * 60) + (int)wall.TimeOfDay.TotalMinutes;
}
