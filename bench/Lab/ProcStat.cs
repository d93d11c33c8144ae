using System.Globalization;

namespace VirtHandover.Bench.Lab;

/// <summary>What the kernel accounts to a process.</summary>
internal static class ProcStat
{
    private const double TicksPerSecond = 100; // USER_HZ, which is 100 on every Linux

    /// <summary>CPU time of the process and of its children that have ended, ms.</summary>
    public static double CpuMilliseconds(int process)
    {
        var text = File.ReadAllText($"/proc/{process}/stat");
        // The name in parentheses may contain anything; numbers begin behind its last one.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return fields[11..15].Sum(field => double.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond * 1000;
    }

    /// <summary>A process's parent.</summary>
    public static int Parent(int process)
    {
        var text = File.ReadAllText($"/proc/{process}/stat");
        return int.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>A line of <c>status</c> or <c>smaps_rollup</c>, in KiB; 0 when the process or the line is not there.</summary>
    public static long Kibibytes(string file, string name)
    {
        try
        {
            foreach (var line in File.ReadLines(file))
            {
                if (line.StartsWith(name + ":", StringComparison.Ordinal))
                    return long.Parse(line[(name.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
            }
        }
        catch (IOException)
        {
            // It ended while it was looked at.
        }

        return 0;
    }
}
