using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Plan;
using VirtHandover.Bench.Report;
using VirtHandover.Bench.Results;

namespace VirtHandover.Tests.Unit.Bench;

/// <summary>The page of made-up results: every figure finds its place, and what was not measured is said.</summary>
public sealed class BenchPageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_run_becomes_a_page_with_charts()
    {
        var results = Made();
        var page = Write(results);
        Assert.Contains("pause at 8 GiB to pause at 1 GiB, idle | 1.10 | 1.20 | yes", page, StringComparison.Ordinal);
        Assert.Contains("copying migration's total, 8 GiB, 4:512:max | 0.20 | 0.050 | **no**", page, StringComparison.Ordinal);
        Assert.Contains("(must fall) | 0.50 | 0.95 | yes", page, StringComparison.Ordinal);
        Assert.Contains("| 8 GiB | idle | **virt-handover** | 2 | 22.0 |", page, StringComparison.Ordinal);
        Assert.Contains("left out: no memory", page, StringComparison.Ordinal);
        foreach (var chart in (string[])["total", "pause", "pauses", "phases", "many"])
        {
            Assert.Contains($"(benchmarks/{chart}.svg)", page, StringComparison.Ordinal);
            var svg = File.ReadAllText(Path.Combine(_directory.Path, "benchmarks", chart + ".svg"));
            Assert.StartsWith("<svg", svg[svg.IndexOf("<svg", StringComparison.Ordinal)..], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_run_that_failed_at_once_becomes_a_page_that_says_so()
    {
        var results = Made() with { Cells = [], Peers = [], Many = [], Traces = [] };
        results.Failures.Add("1024 MiB, 1 vCPUs: the guest did not start.");
        Assert.Contains("**failed**: 1024 MiB, 1 vCPUs: the guest did not start.", Write(results), StringComparison.Ordinal);
    }

    [Fact]
    public void Results_read_back_as_they_were_saved()
    {
        var file = Path.Combine(_directory.Path, "results.json");
        ResultsFile.Save(file, Made());
        var first = File.ReadAllText(file);
        ResultsFile.Save(file, ResultsFile.Load<BenchResults>(file));
        Assert.Equal(first, File.ReadAllText(file));
    }

    private string Write(BenchResults results)
    {
        var file = Path.Combine(_directory.Path, "benchmarks.md");
        BenchPage.Write(results, file);
        return File.ReadAllText(file);
    }

    private static BenchResults Made()
    {
        var results = new BenchResults
        {
            StartedAt = DateTimeOffset.UnixEpoch,
            Machine = new Machine("CPU", 2, 24105, "6.1", "TCG", "9.0.0", "7.2.22", "10.0.2", "virt-handover 0.1.0"),
            Plan = BenchPlan.FromEnvironment(_ => null),
        };
        foreach (var (memory, pause) in new[] { (1024, 20.0), (8192, 22.0) })
        {
            foreach (var load in (string[])["idle", "4:512:max"])
            {
                results.Cells.Add(new CellResult(memory, 2, load, 0, new Silence(3, 0, 6, 0), 64, [Handover(0, pause, 400, 200), Handover(1, pause, 400, 200)]));
                results.Peers.Add(new PeerResult("copy", memory, 2, load, [new PeerMove(80, 2000, 1_000_000_000, new Silence(90, 0, 95, 1))]));
                results.Peers.Add(new PeerResult("floor", memory, 2, load, [new PeerMove(15, 120, 900_000, null)]));
            }
        }

        results.Many.Add(new ManyResult(1, 500, 200, 100, [Handover(0, 20, 400, 200)]));
        results.Many.Add(new ManyResult(2, 900, 200, 150, [Handover(0, 20, 400, 200), Handover(1, 20, 400, 200)]));
        results.Skipped.Add("left out: no memory");
        return results;
    }

    private static HandoverResult Handover(int number, double pause, double total, double outage) => new()
    {
        Name = "vm",
        Outcome = "done",
        Method = "shared",
        StartedAt = DateTimeOffset.UnixEpoch.AddSeconds(number),
        PauseMs = pause,
        TotalMs = total,
        OutageMs = outage,
        RequestMs = total + 50,
        CopiedBytes = 0,
        PhasesMs = new Dictionary<string, double> { ["begin"] = 100, ["perform"] = pause },
        Silence = new Silence(100, 0, 110, 1),
    };
}
