using System.Diagnostics;
using System.Globalization;
using VirtHandover.Bench.Plan;
using VirtHandover.Bench.Results;

namespace VirtHandover.Bench.Parts;

/// <summary>The run: what it does, what it has, where that is kept.</summary>
internal sealed class Run(BenchPlan plan, BenchResults results, string file)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    public BenchPlan Plan { get; } = plan;

    public BenchResults Results { get; } = results;

    /// <summary>Tells what is being done, with the time since the beginning.</summary>
    public void Say(string text) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds,6:0.0} s  {text}"));

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>Does one thing; if it fails, what failed is kept and the rest goes on. A lost VM is no such failure: it ends the run.</summary>
    public async Task Try(string what, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception e) when (e is not LostVmException)
        {
            var sentence = e is BenchException or Qemu.QmpProtocolException or Qemu.QmpException ? e.Message : e.ToString();
            Results.Failures.Add($"{what}: {sentence}");
            Say($"FAILED: {what}: {sentence}");
        }
        finally
        {
            Save();
        }
    }

    public void Skip(string what)
    {
        Results.Skipped.Add(what);
        Say($"left out: {what}");
    }

    public void Save()
    {
        Results.Seconds = Elapsed.TotalSeconds;
        ResultsFile.Save(file, Results);
    }
}
