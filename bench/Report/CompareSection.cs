using System.Globalization;
using VirtHandover.Bench.Results;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Bench.Report;

/// <summary>What two products needed, and the ratios.</summary>
internal static class CompareSection
{
    /// <summary>The phases in their order.</summary>
    private static readonly string[] s_phases = ["begin", "prepare", "quiesce", "perform", "finish", "confirm"];

    /// <summary>Writes it.</summary>
    public static void Write(Page page, CompareResults results)
    {
        var (before, after) = (results.Before, results.After);
        if (results.Both.Any(product => product.Later.Count == 0))
            return;
        page.Heading(2, "Before and after \"Trust nothing\"");
        page.Paragraph(string.Create(CultureInfo.InvariantCulture, $"""
            Written by `make compare BEFORE={before.Revision}` on {results.StartedAt:yyyy-MM-dd}, in {results.Seconds / 60:0} minutes, on {results.Machine.Cpu}.
            Before: {before.Revision}, the last commit before the security work of 2026-11-26; after: {after.Revision}.
            Both took turns in one run, each with an idle guest of its own: {Figure.Memory(results.MemoryMib)} of shared memory,
            {results.Vcpus} vCPUs, one disk, one card, QEMU {results.Machine.Qemu} to itself. n = {All(before).Count} and {All(after).Count}.
            In each turn the service starts anew; the first handover after that is told apart, too. Medians, ms; only ratios count.
            In brackets where each ratio's 95 % interval lies; *reached* is what the median says, and open where the interval holds the limit.
            """));
        if (results.Note.Length > 0)
            page.Paragraph($"**{results.Note}**");
        var rows = new List<IReadOnlyList<string>>();
        void Row(string what, Func<ComparedProduct, IEnumerable<double>> figure, double? limit = null)
        {
            List<double> old = [.. figure(before)], now = [.. figure(after)];
            var ratio = MedianRatio.Of(old, now);
            rows.Add([
                what, Figure.Median(new Sample(old)), Figure.Median(new Sample(now)),
                ratio is null ? "–" : $"{Figure.Ratio(ratio.Value)} ({Figure.Ratio(ratio.Low)} to {Figure.Ratio(ratio.High)})", Figure.Ratio(limit), Reached(ratio, limit)]);
        }

        Row("pause", product => All(product).Select(one => one.PauseMs), 1.05);
        Row("total", product => All(product).Select(one => one.TotalMs), 1.10);
        Row("libvirt's outage", product => All(product).Select(one => one.OutageMs));
        Row("request", product => All(product).Select(one => one.RequestMs).OfType<double>());
        foreach (var phase in s_phases)
            Row("of the total: " + phase, product => All(product).Where(one => one.PhasesMs.ContainsKey(phase)).Select(one => one.PhasesMs[phase]));
        Row("first handovers: pause", product => product.First.Select(one => one.PauseMs));
        Row("first handovers: total", product => product.First.Select(one => one.TotalMs));
        Row("later handovers: pause", product => product.Later.Select(one => one.PauseMs));
        Row("later handovers: total", product => product.Later.Select(one => one.TotalMs));
        page.Table(["figure", "before", "after", "ratio", "at most", "reached"], rows);
    }

    private static List<HandoverResult> All(ComparedProduct product) => [.. product.First, .. product.Later];

    private static string Reached(MedianRatio? ratio, double? limit) =>
        ratio is null || limit is null ? ""
        : (ratio.Value <= limit ? "yes" : "**no**") + (ratio.Low <= limit && ratio.High > limit ? ", open" : "");
}
