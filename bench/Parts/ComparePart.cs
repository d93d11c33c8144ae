using System.Diagnostics;
using System.Globalization;
using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Plan;
using VirtHandover.Bench.Results;

namespace VirtHandover.Bench.Parts;

/// <summary>
/// Two products in turns, so that a machine that gets slower or busier meanwhile treats both alike: before, after, before, after … Each hands over a
/// guest of its own, of the same kind; in each turn the service starts anew.
/// </summary>
internal static class ComparePart
{
    /// <summary>Measures.</summary>
    /// <param name="file">Where the results go, also those of a run that is broken off.</param>
    /// <param name="variable">The environment: <c>BENCH_BEFORE</c> and <c>BENCH_AFTER</c> are trees, their <c>_REVISION</c>s what they are made from.</param>
    /// <exception cref="FormatException">A value does not parse.</exception>
    public static async Task Measure(string file, Func<string, string?> variable)
    {
        string Text(string name) => variable("BENCH_" + name) is { Length: > 0 } text ? text : throw new FormatException($"BENCH_{name} must be set.");
        int Number(string name, int usual) => variable("BENCH_" + name) is { Length: > 0 } text ? BenchPlan.ParseNumber(name, text) : usual;
        var (turns, each, memory, vcpus) = (Number("COUNT", 30), Number("EACH", 1), Number("MEMORY", 1024), Number("VCPUS", 2));
        List<ProductTree> trees = [new("before", Text("BEFORE")), new("after", Text("AFTER"))];
        var started = Stopwatch.GetTimestamp();
        void Say(string text) =>
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(started).TotalSeconds,6:0.0} s  {text}"));

        await trees[1].Activate();
        var machine = await LabHost.Prepare();
        await LabHost.InstallQemu(machine.Qemu);
        var results = new CompareResults
        {
            StartedAt = TimeProvider.System.GetUtcNow(),
            Machine = machine,
            MemoryMib = memory,
            Vcpus = vcpus,
            Note = variable("BENCH_NOTE") ?? "",
            Before = new(Text("BEFORE_REVISION")),
            After = new(Text("AFTER_REVISION")),
        };
        var guests = new List<DomainGuest>();
        try
        {
            foreach (var name in (string[])["before", "after"])
                guests.Add(await DomainGuest.Start(name, memory, vcpus, 0));
            for (var turn = 0; turn < turns; turn++)
            {
                for (var i = 0; i < trees.Count; i++)
                {
                    await trees[i].Activate();
                    var alive = await guests[i].Status();
                    var product = results.Both[i];
                    for (var one = 0; one <= each; one++)
                    {
                        var handover = await Product.Run(guests[i].Name);
                        (one == 0 ? product.First : product.Later).Add(handover);
                        alive = await guests[i].RequireAlive(alive);
                    }
                }

                results.Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                ResultsFile.Save(file, results);
                Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"turn {turn + 1} of {turns}: pause {results.Before.Later[^1].PauseMs:0.0} and {results.After.Later[^1].PauseMs:0.0} ms, total {results.Before.Later[^1].TotalMs:0} and {results.After.Later[^1].TotalMs:0} ms"));
            }
        }
        finally
        {
            foreach (var guest in guests)
                await guest.Remove();
        }
    }
}
