using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Parts;
using VirtHandover.Bench.Plan;
using VirtHandover.Bench.Report;
using VirtHandover.Bench.Results;

namespace VirtHandover.Bench;

/// <summary>What the program can be asked to do.</summary>
internal static class Commands
{
    private const string Usage = """
        Usage: bench run RESULTS.json             measure, inside the lab (make bench)
               bench compare RESULTS.json         measure two products in turns, inside the lab (make compare)
               bench ratios RESULTS.json          print what that has shown
               bench report RESULTS.json PAGE.md  draw the charts and write the tables of a page
        """;

    /// <returns>0: all was measured; 1: something could not be; 2: wrong call; 3: a VM was lost.</returns>
    public static async Task<int> Run(string[] args)
    {
        try
        {
            switch (args)
            {
                case ["run", var file]:
                    return await Measure(file);
                case ["compare", var file]:
                    await ComparePart.Measure(file, Environment.GetEnvironmentVariable);
                    return 0;
                case ["ratios", var file]:
                    var page = new Page();
                    CompareSection.Write(page, ResultsFile.Load<CompareResults>(file));
                    Console.Write(page.ToString());
                    return 0;
                case ["report", var file, var name]:
                    BenchPage.Write(ResultsFile.Load<BenchResults>(file), name);
                    Console.WriteLine($"{name} is written.");
                    return 0;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }
        catch (LostVmException e)
        {
            Console.Error.WriteLine($"\nA VM WAS LOST. {e.Message} The run ends here.\n");
            return 3;
        }
        catch (Exception e) when (e is BenchException or FormatException)
        {
            Console.Error.WriteLine($"bench: {e.Message}");
            return e is FormatException ? 2 : 1;
        }
    }

    private static async Task<int> Measure(string file)
    {
        var plan = BenchPlan.FromEnvironment(Environment.GetEnvironmentVariable);
        var machine = await LabHost.Prepare();
        var run = new Run(plan, new BenchResults { StartedAt = TimeProvider.System.GetUtcNow(), Machine = machine, Plan = plan }, file);
        try
        {
            // The many are first: the lab begins with the older QEMU, which they need. The grid is last: it is what can be cut short.
            if (plan.Parts.Contains("many"))
                await new ManyPart(run).Measure();
            await LabHost.InstallQemu(machine.Qemu);
            if (plan.Parts.Contains("rest"))
                await new RestPart(run).Measure();
            if (plan.Parts.Contains("profile"))
                await run.Try("profile", () => new ProfilePart(run).Measure());
            if (plan.Parts.Contains("grid"))
                await new GridPart(run).Measure();
            run.Say("all done");
        }
        catch (LostVmException e)
        {
            run.Results.Failures.Add("A VM WAS LOST: " + e.Message);
            Console.Error.WriteLine($"\nA VM WAS LOST. {e.Message} The run ends here.\n");
            return 3;
        }
        finally
        {
            run.Save();
        }

        foreach (var failure in run.Results.Failures)
            Console.Error.WriteLine($"bench: not measured: {failure}");
        return run.Results.Failures.Count == 0 ? 0 : 1;
    }
}
