using System.Collections.Concurrent;
using System.Globalization;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>
/// Whether maintenance windows are open. What was found of one is remembered until it changes: it is asked for at every look at every VM, and found
/// minute by minute.
/// </summary>
/// <param name="time">Knows the host's time zone.</param>
internal sealed class WindowTimes(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Found> _found = new(StringComparer.Ordinal);

    /// <summary>Whether one is open, and when that changes.</summary>
    /// <param name="window">Which one.</param>
    /// <param name="now">The moment.</param>
    /// <returns>The next change is later; null when there is none within two weeks.</returns>
    public (bool IsOpen, DateTimeOffset? Change) At(MaintenanceWindows window, DateTimeOffset now)
    {
        if (!_found.TryGetValue(window.Text, out var found) || now < found.At || now >= found.Change)
        {
            var (isOpen, change) = window.At(now, time.LocalTimeZone);
            _found[window.Text] = found = new Found(now, isOpen, change);
        }

        return (found.IsOpen, found.Change);
    }

    /// <summary>A moment as the clock on the host's wall shows it.</summary>
    public string OnTheWall(DateTimeOffset moment, string format) =>
        TimeZoneInfo.ConvertTime(moment, time.LocalTimeZone).ToString(format, CultureInfo.InvariantCulture);

    private sealed record Found(DateTimeOffset At, bool IsOpen, DateTimeOffset? Change);
}
