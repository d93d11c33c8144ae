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
            {results.Vcpus} vCPUs, one disk, one card, QEMU {results.Machine.Qemu} to itself. n = {before.Later.Count} and {after.Later.Count}.
            In each turn the service starts anew; the first handover after that is told apart. Medians, ms; only ratios count.
            """));
        if (results.Note.Length > 0)
            page.Paragraph($"**{results.Note}**");
        var rows = new List<IReadOnlyList<string>>();
        void Row(string what, Func<ComparedProduct, Sample> figure, double? limit = null)
        {
            var (old, now) = (figure(before), figure(after));
            double? ratio = old.IsEmpty || now.IsEmpty || old.Median <= 0 ? null : now.Median / old.Median;
            rows.Add([what, Figure.Median(old), Figure.Median(now), Figure.Ratio(ratio), Figure.Ratio(limit), limit is null ? "" : ratio <= limit ? "yes" : "**no**"]);
        }

        Row("pause", product => new Sample(product.Later.Select(one => one.PauseMs)), 1.05);
        Row("total", product => new Sample(product.Later.Select(one => one.TotalMs)), 1.10);
        Row("libvirt's outage", product => new Sample(product.Later.Select(one => one.OutageMs)));
        Row("request", product => new Sample(product.Later.Select(one => one.RequestMs).OfType<double>()));
        foreach (var phase in s_phases)
            Row("of the total: " + phase, product => new Sample(product.Later.Where(one => one.PhasesMs.ContainsKey(phase)).Select(one => one.PhasesMs[phase])));
        Row("first handover: pause", product => new Sample(product.First.Select(one => one.PauseMs)));
        Row("first handover: total", product => new Sample(product.First.Select(one => one.TotalMs)));
        page.Table(["figure", "before", "after", "ratio", "at most", "reached"], rows);
    }
}
