using VirtHandover.Bench.Results;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Bench.Report;

/// <summary>Traced handovers put together: the median of each step, step by step.</summary>
internal sealed record TraceProfile(double PauseMs, IReadOnlyList<(string What, double AtMs, double? LastsMs)> Pause, double CommandsBeforeMs, double CommandsAfterMs)
{
    /// <exception cref="ArgumentException">There is no trace.</exception>
    public static TraceProfile Of(IReadOnlyList<TraceResult> traces)
    {
        if (traces.Count == 0)
            throw new ArgumentException("There is no trace.", nameof(traces));
        var lists = traces.Select(trace => Marked(trace.Steps)).ToList();
        // Two QEMUs report at about the same time, so their events change places now and then; the n-th of a kind is the same in all.
        var keys = lists[0].Select(step => step.Key).Where(key => lists.TrueForAll(list => list.Exists(step => step.Key == key))).ToList();
        var steps = keys
            .Select(key => (What: key.What, AtMs: new Sample(lists.Select(list => list.First(step => step.Key == key).AtMs)).Median))
            .OrderBy(step => step.AtMs).ToList();
        return new TraceProfile(
            new Sample(traces.Select(trace => trace.PauseMs)).Median,
            [.. steps.Select((step, i) => (step.What, step.AtMs, i + 1 < steps.Count ? steps[i + 1].AtMs - step.AtMs : (double?)null))],
            new Sample(traces.Select(trace => trace.Steps.Where(step => step.AtMs < Stop(trace.Steps)).Sum(step => step.DurationMs))).Median,
            new Sample(traces.Select(trace => trace.Steps.Where(step => step.AtMs > Stop(trace.Steps) && !step.InPause).Sum(step => step.DurationMs))).Median);
    }

    private static double Stop(IEnumerable<TraceStep> steps) => steps.FirstOrDefault(step => step.What == "old: [STOP]")?.AtMs ?? 0;

    private static List<((string What, int Number) Key, double AtMs)> Marked(IReadOnlyList<TraceStep> steps)
    {
        var stop = Stop(steps);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var marked = new List<((string, int), double)>();
        foreach (var step in steps.Where(step => step.InPause))
        {
            var number = seen[step.What] = seen.GetValueOrDefault(step.What) + 1;
            marked.Add(((step.What, number), step.AtMs - stop));
        }

        return marked;
    }
}
