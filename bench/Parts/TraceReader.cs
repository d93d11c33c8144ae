using System.Globalization;
using System.Text.RegularExpressions;
using VirtHandover.Bench.Results;

namespace VirtHandover.Bench.Parts;

/// <summary>Reads what trace.c wrote of a handover.</summary>
internal static partial class TraceReader
{
    private sealed record Call(double At, double End, string Name, int Fd, string Text);

    /// <summary>The steps of the one handover that began after a moment.</summary>
    /// <param name="directory">The files of the library, one a process.</param>
    /// <param name="since">Seconds since 1970.</param>
    public static List<TraceStep> Read(string directory, double since)
    {
        // The process that did the handover is the one that told a monitor to stop.
        foreach (var file in Directory.EnumerateFiles(directory).OrderByDescending(File.GetLastWriteTimeUtc))
        {
            var calls = File.ReadLines(file).Select(Parse).OfType<Call>().ToList();
            if (calls.Count > 0 && calls[0].At >= since && calls.Exists(call => call.Name == "send" && Command().Match(call.Text).Groups[1].Value == "stop"))
                return Steps(calls);
        }

        throw new BenchException("No process was traced that stopped a guest.");
    }

    /// <summary>The steps in the lines of one file.</summary>
    internal static List<TraceStep> Read(IEnumerable<string> lines) => Steps([.. lines.Select(Parse).OfType<Call>()]);

    private static List<TraceStep> Steps(List<Call> all)
    {
        // A thread that waits for an answer began to wait before the question was sent: what was received counts from its arrival.
        var calls = all.OrderBy(call => call.Name == "receive" ? call.End : call.At).ToList();
        var open = new Dictionary<(int Fd, long Id), (string Name, double At)>();
        var found = new List<(string What, double At, double End)>();
        // The monitor that is told to stop is the old QEMU's.
        var source = all.Find(call => call.Name == "send" && Command().Match(call.Text).Groups[1].Value == "stop")?.Fd;
        string Who(Call call) => call.Fd == source ? "old" : "new";
        double? stopped = null, resumed = null;
        foreach (var call in calls)
        {
            switch (call.Name)
            {
                case "send" when Command().Match(call.Text) is { Success: true } command && Id().Match(call.Text) is { Success: true } id:
                    open[(call.Fd, long.Parse(id.Groups[1].ValueSpan, CultureInfo.InvariantCulture))] = (command.Groups[1].Value, call.At);
                    break;
                case "receive":
                    foreach (var line in call.Text.Split('\x1e'))
                    {
                        if (Event().Match(line) is { Success: true } happened)
                        {
                            var status = Status().Match(line) is { Success: true } text ? " " + text.Groups[1].Value : "";
                            // QEMU's own time of it, from the same clock.
                            var at = Timestamp().Match(line) is { Success: true } time
                                ? double.Parse(time.Groups[1].ValueSpan, CultureInfo.InvariantCulture) + (double.Parse(time.Groups[2].ValueSpan, CultureInfo.InvariantCulture) / 1e6)
                                : call.End;
                            found.Add(($"{Who(call)}: [{happened.Groups[1].Value}{status}]", at, at));
                            if (happened.Groups[1].Value == "STOP")
                                stopped ??= at;
                            if (happened.Groups[1].Value == "RESUME")
                                resumed = at;
                        }
                        else if (Id().Match(line) is { Success: true } id
                            && open.Remove((call.Fd, long.Parse(id.Groups[1].ValueSpan, CultureInfo.InvariantCulture)), out var sent))
                        {
                            found.Add(($"{Who(call)}: {sent.Name}", sent.At, call.End));
                        }
                    }

                    break;
                case "fsync" or "fdatasync" or "signal":
                    found.Add((call.Name, call.At, call.End));
                    break;
            }
        }

        var begin = found.Count > 0 ? found.Min(step => step.At) : 0;
        return [.. found.OrderBy(step => step.At).Select(step => new TraceStep(
            step.What, (step.At - begin) * 1000, (step.End - step.At) * 1000, step.End > stopped - 1e-9 && step.At < resumed + 1e-9))];
    }

    private static Call? Parse(string line)
    {
        var parts = line.Split(' ', 5);
        if (parts.Length != 5
            || !double.TryParse(parts[0], CultureInfo.InvariantCulture, out var at)
            || !int.TryParse(parts[2], CultureInfo.InvariantCulture, out var fd)
            || !double.TryParse(parts[3], CultureInfo.InvariantCulture, out var microseconds))
        {
            return null;
        }

        return new Call(at, at + (microseconds / 1e6), parts[1], fd, parts[4]);
    }

    [GeneratedRegex("""
        "execute": ?"([\w-]+)"
        """)]
    private static partial Regex Command();

    [GeneratedRegex("""
        "event": ?"(\w+)"
        """)]
    private static partial Regex Event();

    [GeneratedRegex("""
        "seconds": ?(\d+), "microseconds": ?(\d+)
        """)]
    private static partial Regex Timestamp();

    [GeneratedRegex("""
        "status": ?"([\w-]+)"
        """)]
    private static partial Regex Status();

    [GeneratedRegex("""
        "id": ?(\d+)
        """)]
    private static partial Regex Id();
}
