using System.Globalization;

namespace VirtHandover.Policy;

/// <summary>Reads maintenance windows: <c>[days] HH:MM-HH:MM</c>, several separated by <c>;</c>, days as systemd writes them.</summary>
internal static class WindowParser
{
    private const int MostCharacters = 500;
    private const int MinutesOfDay = 24 * 60;
    private static readonly string[] s_days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

    /// <exception cref="PolicyException">A part is not a window.</exception>
    public static MaintenanceWindows Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MostCharacters)
        {
            throw new PolicyException($"These maintenance windows have {text.Length} characters, and {MostCharacters} are the limit.");
        }

        var parts = text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
        {
            return text.Trim().Length == 0
                ? MaintenanceWindows.Always
                : throw Wrong(text, "there is no window in it");
        }

        var minutes = new bool[MaintenanceWindows.MinutesOfWeek];
        var spelled = new List<string>();
        foreach (var part in parts)
        {
            spelled.Add(Take(part, minutes));
        }

        return new MaintenanceWindows(string.Join("; ", spelled), minutes);
    }

    /// <summary>Writes windows, each within one day.</summary>
    /// <param name="minutes">Minutes of the week, some of which are open.</param>
    internal static string Write(bool[] minutes)
    {
        var spans = new List<(int Day, int From, int To)>();
        for (var day = 0; day < 7; day++)
        {
            for (var minute = 0; minute < MinutesOfDay; minute++)
            {
                if (!minutes[(day * MinutesOfDay) + minute])
                {
                    continue;
                }

                var from = minute;
                while (minute < MinutesOfDay && minutes[(day * MinutesOfDay) + minute])
                {
                    minute++;
                }

                spans.Add((day, from, minute));
            }
        }

        return string.Join("; ", spans.GroupBy(span => (span.From, span.To)).Select(group =>
        {
            bool[] days = [.. Enumerable.Range(0, 7).Select(day => group.Any(span => span.Day == day))];
            var time = $"{Time(group.Key.From)}-{Time(group.Key.To)}";
            return days.All(day => day) ? time : $"{Spelled(days)} {time}";
        }));
    }

    private static string Take(string part, bool[] minutes)
    {
        var words = part.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is 0 or > 2)
        {
            throw Wrong(part, "it is not days and one span of time");
        }

        var days = words.Length == 2 ? Days(words[0], part) : [.. Enumerable.Repeat(true, 7)];
        var (from, to) = Span(words[^1], part);
        for (var day = 0; day < 7; day++)
        {
            // Over midnight: the window belongs to the day on which it begins.
            for (var minute = from; days[day] && minute < (to > from ? to : to + MinutesOfDay); minute++)
            {
                minutes[((day * MinutesOfDay) + minute) % minutes.Length] = true;
            }
        }

        var time = $"{Time(from)}-{Time(to)}";
        return days.All(day => day) ? time : $"{Spelled(days)} {time}";
    }

    private static bool[] Days(string text, string part)
    {
        var days = new bool[7];
        foreach (var item in text.Split(','))
        {
            var ends = item.Split(item.Contains("..", StringComparison.Ordinal) ? ".." : "-");
            if (ends.Length > 2)
            {
                throw Wrong(part, $"\"{PolicyWords.Shown(item)}\" is neither a day nor a range of days");
            }

            var (first, last) = (Day(ends[0], part), Day(ends[^1], part));
            for (var day = first; ; day = (day + 1) % 7)
            {
                days[day] = true;
                if (day == last)
                {
                    break;
                }
            }
        }

        return days;
    }

    private static int Day(string text, string part)
    {
        var names = CultureInfo.InvariantCulture.DateTimeFormat.DayNames;
        for (var day = 0; day < 7; day++)
        {
            if (string.Equals(text, s_days[day], StringComparison.OrdinalIgnoreCase) || string.Equals(text, names[day], StringComparison.OrdinalIgnoreCase))
            {
                return day;
            }
        }

        throw Wrong(part, $"\"{PolicyWords.Shown(text)}\" is no day; the days are Mon, Tue, Wed, Thu, Fri, Sat, Sun");
    }

    private static (int From, int To) Span(string text, string part)
    {
        var ends = text.Split('-');
        if (ends.Length != 2)
        {
            throw Wrong(part, $"\"{PolicyWords.Shown(text)}\" is not a span of time with a beginning and an end");
        }

        var (from, to) = (Minute(ends[0], part), Minute(ends[1], part));
        return from == to || from == MinutesOfDay || to == 0 && from == 0
            ? throw Wrong(part, "it ends when it begins; the whole day is 00:00-24:00")
            : (from, to);
    }

    private static int Minute(string text, string part)
    {
        var parts = text.Split(':');
        var isTime = parts.Length == 2 && parts[0].Length is 1 or 2 && parts[1].Length == 2
            && parts.All(digits => digits.All(char.IsAsciiDigit));
        if (isTime)
        {
            var (hour, minute) = (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
            if (minute < 60 && (hour < 24 || (hour == 24 && minute == 0)))
            {
                return (hour * 60) + minute;
            }
        }

        throw Wrong(part, $"\"{PolicyWords.Shown(text)}\" is no time of day from 00:00 to 24:00");
    }

    private static string Spelled(bool[] days)
    {
        // Monday first, and Sunday at the week's end, as people count.
        int[] order = [1, 2, 3, 4, 5, 6, 0];
        var items = new List<string>();
        for (var at = 0; at < 7;)
        {
            var end = at;
            while (end < 7 && days[order[end]])
            {
                end++;
            }

            if (end - at > 2)
            {
                items.Add($"{s_days[order[at]]}..{s_days[order[end - 1]]}");
            }
            else
            {
                items.AddRange(order[at..end].Select(day => s_days[day]));
            }

            at = end == at ? at + 1 : end;
        }

        return string.Join(',', items);
    }

    private static string Time(int minute) => string.Create(CultureInfo.InvariantCulture, $"{minute / 60:00}:{minute % 60:00}");

    private static PolicyException Wrong(string part, string why) =>
        new($"\"{PolicyWords.Shown(part)}\" is no maintenance window: {why}. A right one is {MaintenanceWindows.Example}");
}
