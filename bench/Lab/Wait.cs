using System.Diagnostics;

namespace VirtHandover.Bench.Lab;

/// <summary>Waits for conditions, with a limit.</summary>
internal static class Wait
{
    public static async Task Until(string what, Func<Task<bool>> condition, TimeSpan limit, int everyMilliseconds = 50)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > limit)
                throw new BenchException($"Within {limit.TotalSeconds:0} s this did not come true: {what}.");
            await Task.Delay(everyMilliseconds);
        }
    }
}
