using System.Globalization;
using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Plan;
using VirtHandover.Bench.Results;

namespace VirtHandover.Bench.Parts;

/// <summary>Handovers of guests of every size under every load, and on some of them the other ways as well.</summary>
internal sealed class GridPart(Run run)
{
    /// <summary>What a QEMU process, the daemons and this program need besides the guest's memory, MiB.</summary>
    private const int Overhead = 1024;

    private BenchPlan Plan => run.Plan;

    public async Task Measure()
    {
        var guests = Plan.Guests().ToList();
        for (var i = 0; i < guests.Count; i++)
        {
            var (memory, vcpus) = guests[i];
            var what = string.Create(CultureInfo.InvariantCulture, $"{memory} MiB, {vcpus} vCPUs");
            var available = ProcStat.Kibibytes("/proc/meminfo", "MemAvailable") / 1024;
            if (run.Elapsed.TotalMinutes > Plan.Minutes)
            {
                run.Skip(string.Create(CultureInfo.InvariantCulture, $"{what}: the {Plan.Minutes} minutes after which no guest is begun (MINUTES) were over"));
                continue;
            }

            if (available < memory + Overhead)
            {
                run.Skip(string.Create(CultureInfo.InvariantCulture, $"{what}: needs {memory + Overhead} MiB, the machine has {available} MiB available"));
                continue;
            }

            run.Say(string.Create(CultureInfo.InvariantCulture, $"guest {i + 1} of {guests.Count} of the grid: {what}"));
            await run.Try(what, () => MeasureVm(memory, vcpus, what));
        }
    }

    private async Task MeasureVm(int memory, int vcpus, string what)
    {
        var hasPeers = Plan.PeerMemory.Contains(memory) && vcpus == Plan.PeerVcpus;
        var fill = hasPeers ? memory * Plan.PeerFill / 100 : 0;
        var area = Math.Max(fill, Plan.Loads.Max(load => load.Mebibytes));
        var guest = await DomainGuest.Start($"grid-{memory}-{vcpus}", memory, vcpus, area);
        try
        {
            if (fill > 0)
            {
                run.Say(string.Create(CultureInfo.InvariantCulture, $"{what}: the guest fills {fill} MiB"));
                await guest.Fill(fill);
            }

            foreach (var load in Plan.Loads)
            {
                await run.Try($"{what}, {load}", () => MeasureCell(guest, memory, vcpus, load));
                if (hasPeers && (load == Plan.Loads[0] || load == Plan.Loads[^1]))
                    await run.Try($"{what}, {load}, managedsave", () => PeerPart.ManagedSave(run, guest, memory, vcpus, load));
            }

            if (hasPeers)
                await run.Try($"{what}, restart", () => PeerPart.Restart(run, guest, memory, vcpus));
        }
        finally
        {
            await guest.Remove();
        }

        if (hasPeers)
            await PeerPart.Bare(run, memory, vcpus, area, fill, what);
    }

    private async Task MeasureCell(DomainGuest guest, int memory, int vcpus, LoadSpec load)
    {
        await guest.SetLoad(load);
        var before = await guest.Status();
        var writing = load.IsIdle ? 0 : await guest.MeasureWriting(TimeSpan.FromSeconds(1));
        Silence quiet;
        await using (var view = await OutsideView.Begin(guest.Address, Plan.EchoHertz))
        {
            // As long as a handover takes, so that the machine's own hiccups have as many chances.
            await Task.Delay(500);
            quiet = await view.End();
        }

        double peak;
        using (var watch = new MemoryPeak())
        {
            await Product.Run(guest.Name);
            peak = watch.Stop();
        }

        before = await guest.RequireAlive(before);
        var cell = new CellResult(memory, vcpus, load.ToString(), writing, quiet, peak, []);
        run.Results.Cells.Add(cell);
        for (var i = Plan.CountOf(memory, vcpus, load); i > 0; i--)
        {
            await using var view = await OutsideView.Begin(guest.Address, Plan.EchoHertz);
            var handover = await Product.Run(guest.Name);
            cell.Handovers.Add(handover with { Silence = await view.End() });
            before = await guest.RequireAlive(before);
        }

        var pauses = new Statistics.Sample(cell.Handovers.Select(handover => handover.PauseMs));
        var totals = new Statistics.Sample(cell.Handovers.Select(handover => handover.TotalMs));
        run.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{memory} MiB, {vcpus} vCPUs, {load}: pause {pauses.Median:0.0} ms (max {pauses.Maximum:0.0}), total {totals.Median:0} ms"));
    }
}
