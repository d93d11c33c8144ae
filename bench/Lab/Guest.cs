using System.Diagnostics;
using System.Globalization;
using VirtHandover.Bench.Plan;

namespace VirtHandover.Bench.Lab;

/// <summary>A running guest of the lab's own kind, wherever it runs: it is known by its address.</summary>
internal class Guest(string name, string address)
{
    public string Name { get; } = name;

    public string Address { get; } = address;

    public async Task<GuestStatus> Status(int seconds = 30)
    {
        var (code, output, error) = await Shell.TryRun("probe", ["status", Address, seconds.ToString(CultureInfo.InvariantCulture)]);
        return code == 0 ? GuestStatus.Parse(output) : throw new LostVmException($"The VM {Name} does not answer any more: {error.Trim()}");
    }

    /// <summary>Waits for the first answer of a guest that was just started.</summary>
    /// <exception cref="BenchException">It does not boot. Nothing was lost by that.</exception>
    public async Task<GuestStatus> Boot()
    {
        try
        {
            return await Status(180);
        }
        catch (LostVmException e)
        {
            throw new BenchException($"The guest {Name} was started and does not answer: {e.Message}");
        }
    }

    /// <summary>Looks whether the guest goes on, undamaged.</summary>
    /// <exception cref="LostVmException">It does not.</exception>
    public async Task<GuestStatus> RequireAlive(GuestStatus earlier)
    {
        var now = await Status();
        return now.TroubleSince(earlier) is { Length: > 0 } trouble
            ? throw new LostVmException($"The VM {Name} is lost or damaged: {trouble}.")
            : now;
    }

    /// <summary>Sets the load. One writer goes over the area before, so that it is all there: several at once would spend minutes in page faults.</summary>
    public async Task SetLoad(LoadSpec load)
    {
        if (!load.IsIdle)
            await Fill(load.Mebibytes);
        await Send(load.Writers, load.Mebibytes, load.MegabytesPerSecond);
    }

    /// <summary>Fills so much of the guest's memory with bytes that are not zero.</summary>
    public async Task Fill(int mebibytes)
    {
        var before = (await Status()).LoadRounds;
        await Send(1, mebibytes, 0);
        await Wait.Until($"the guest {Name} filled {mebibytes} MiB",
            async () => (await Status()).LoadRounds > before, TimeSpan.FromMinutes(5), 250);
        await Send(0, 0, 0);
    }

    /// <summary>How fast the guest dirties pages now, MB/s of whole pages.</summary>
    public async Task<double> MeasureWriting(TimeSpan span)
    {
        var before = await Status();
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(span);
        var after = await Status();
        return (after.LoadPages - before.LoadPages) * 4096 / 1e6 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private Task<string> Send(int writers, int mebibytes, int rate) =>
        Shell.Run("probe", "send", Address, string.Create(CultureInfo.InvariantCulture, $"load={writers}:{mebibytes}:{rate}"));
}
