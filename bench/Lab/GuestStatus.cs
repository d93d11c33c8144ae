using System.Globalization;

namespace VirtHandover.Bench.Lab;

/// <summary>One status line of a guest; see tests/lab/README.md.</summary>
internal sealed record GuestStatus(string Seed, long Counter, long UptimeMilliseconds, long LoadPages, long LoadRounds, long Errors, string Load)
{
    /// <exception cref="FormatException">It is not a status line.</exception>
    public static GuestStatus Parse(string line)
    {
        var values = line.Trim().Split(' ').Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        long Number(string name) => values.TryGetValue(name, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"A guest's status has no number '{name}': {line.Trim()}");
        return new GuestStatus(
            values.GetValueOrDefault("seed", ""), Number("counter"), Number("uptime_ms"), Number("load_pages"), Number("load_rounds"),
            Number("mem_errors") + Number("load_errors") + Number("disk_errors"), values.GetValueOrDefault("load", ""));
    }

    /// <summary>What is wrong if this is not a later moment of the same boot with nothing damaged; empty when all is well.</summary>
    public string TroubleSince(GuestStatus earlier) =>
        Seed != earlier.Seed ? "it was rebooted"
        : Counter <= earlier.Counter ? "it stands still"
        : Errors > 0 ? $"its own checks of memory and disk found {Errors} errors"
        : "";
}
