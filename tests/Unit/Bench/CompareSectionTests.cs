using VirtHandover.Bench.Report;
using VirtHandover.Bench.Results;

namespace VirtHandover.Tests.Unit.Bench;

/// <summary>Two made-up products side by side: medians, ratios, and whether a limit was kept.</summary>
public sealed class CompareSectionTests
{
    [Fact]
    public void Ratios_are_of_medians()
    {
        var page = Written(Made([18, 20, 22], [20.9, 21, 50], 400, 400));
        Assert.Contains("| pause | 20.0 | 21.0 | 1.05 (0.95 to 2.78) | 1.05 | yes, open |", page, StringComparison.Ordinal);
        Assert.Contains("| total | 400 | 400 | 1.00 (1.00 to 1.00) | 1.10 | yes |", page, StringComparison.Ordinal);
        Assert.Contains("| of the total: begin | 100 | 100 | 1.00 (1.00 to 1.00) |", page, StringComparison.Ordinal);
        Assert.Contains("n = 3 and 3", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_grew_too_much_is_said()
    {
        var page = Written(Made([20], [22], 400, 480));
        Assert.Contains("| pause | 20.0 | 22.0 | 1.10 (1.10 to 1.10) | 1.05 | **no** |", page, StringComparison.Ordinal);
        Assert.Contains("| total | 400 | 480 | 1.20 (1.20 to 1.20) | 1.10 | **no** |", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_without_handovers_has_no_section() => Assert.Equal("\n", Written(Made([], [20], 400, 400)));

    private static string Written(CompareResults results)
    {
        var page = new Page();
        CompareSection.Write(page, results);
        return page.ToString();
    }

    private static CompareResults Made(double[] before, double[] after, double totalBefore, double totalAfter) => new()
    {
        StartedAt = DateTimeOffset.UnixEpoch,
        Machine = new Machine("CPU", 2, 24105, "6.1", "TCG", "9.0.0", "7.2.22", "10.0.2", "virt-handover 0.1.0"),
        MemoryMib = 1024,
        Vcpus = 2,
        Before = new ComparedProduct("abc") { Later = [.. before.Select(pause => Handover(pause, totalBefore))] },
        After = new ComparedProduct("def") { Later = [.. after.Select(pause => Handover(pause, totalAfter))] },
    };

    private static HandoverResult Handover(double pause, double total) => new()
    {
        Name = "vm",
        Outcome = "done",
        Method = "shared",
        StartedAt = DateTimeOffset.UnixEpoch,
        PauseMs = pause,
        TotalMs = total,
        OutageMs = 200,
        CopiedBytes = 0,
        PhasesMs = new Dictionary<string, double> { ["begin"] = 100 },
    };
}
