using System.Diagnostics;
using System.Globalization;
using VirtHandover.Bench.Bare;
using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Plan;
using VirtHandover.Bench.Results;

namespace VirtHandover.Bench.Parts;

/// <summary>What a user would do without the product, and the least that any handover needs.</summary>
internal static class PeerPart
{
    private const string BareAddress = "10.77.0.240";

    /// <summary><c>virsh managedsave</c> and <c>virsh start</c> of a VM that the product has just handed over.</summary>
    public static async Task ManagedSave(Run run, DomainGuest guest, int memory, int vcpus, LoadSpec load)
    {
        var result = Add(run, "managedsave", memory, vcpus, load);
        var before = await guest.Status();
        for (var i = run.Plan.PeerCountOf(memory); i > 0; i--)
        {
            await using var view = await OutsideView.Begin(guest.Address, run.Plan.EchoHertz);
            var started = Stopwatch.GetTimestamp();
            await guest.Virsh("managedsave");
            var bytes = new FileInfo($"/var/lib/libvirt/qemu/save/{guest.Name}.save").Length;
            await guest.Virsh("start");
            var total = Stopwatch.GetElapsedTime(started);
            before = await guest.RequireAlive(before);
            result.Moves.Add(new PeerMove(null, total.TotalMilliseconds, bytes, await view.End()));
        }

        Tell(run, result);
    }

    /// <summary><c>virsh shutdown</c> and <c>virsh start</c>: the guest boots anew. Until it answers.</summary>
    public static async Task Restart(Run run, DomainGuest guest, int memory, int vcpus)
    {
        var result = Add(run, "restart", memory, vcpus, LoadSpec.Idle);
        await guest.SetLoad(LoadSpec.Idle);
        for (var i = run.Plan.PeerCountOf(memory); i > 0; i--)
        {
            var before = await guest.Status();
            // A guest that has just booted answers before its agent does.
            await Wait.Until($"the agent of {guest.Name} answers", async () =>
                (await Shell.TryRun("virsh", ["qemu-agent-command", "--timeout", "5", guest.Name, """{"execute":"guest-ping"}"""])).ExitCode == 0, TimeSpan.FromMinutes(1), 20);
            await using var view = await OutsideView.Begin(guest.Address, run.Plan.EchoHertz);
            var started = Stopwatch.GetTimestamp();
            // The agent, because the lab's guest has nobody who would act on the power button.
            await guest.Virsh("shutdown", "--mode", "agent");
            var note = "";
            var asked = Stopwatch.GetTimestamp();
            await Wait.Until($"{guest.Name} is shut off", async () =>
            {
                if (Stopwatch.GetElapsedTime(asked) > TimeSpan.FromSeconds(15))
                {
                    note = "had to be asked again after 15 s";
                    asked = Stopwatch.GetTimestamp();
                    await guest.Virsh("shutdown", "--mode", "agent");
                }

                return await guest.State() == "shut off";
            }, TimeSpan.FromMinutes(1), 20);
            await guest.Virsh("start");
            var after = await guest.Boot();
            var total = Stopwatch.GetElapsedTime(started);
            if (after.Seed == before.Seed)
                throw new BenchException($"{guest.Name} was shut down and started, but did not boot.");
            result.Moves.Add(new PeerMove(null, total.TotalMilliseconds, 0, await view.End(), note));
        }

        Tell(run, result);
    }

    /// <summary>The copying migration and the two floors, on QEMU processes with the same devices, without libvirt.</summary>
    public static async Task Bare(Run run, int memory, int vcpus, int area, int fill, string what)
    {
        var plan = run.Plan;
        LoadSpec[] loads = [.. new[] { plan.Loads[0], plan.Loads[^1] }.Distinct()];
        var available = ProcStat.Kibibytes("/proc/meminfo", "MemAvailable") / 1024;
        if (available < (memory * 2) + 1024)
            run.Skip(string.Create(CultureInfo.InvariantCulture, $"{what}, copying migration: needs {(memory * 2) + 1024} MiB, {available} MiB are available"));
        else
        {
            await run.Try($"{what}, copying migration", async () =>
            {
                using var guest = await BareGuest.Start(new BareShape($"copy-{memory}", BareAddress, memory, vcpus, area, null));
                await guest.Fill(fill);
                foreach (var load in loads)
                {
                    await Repeat(run, guest, Add(run, "copy", memory, vcpus, load), load, plan.PeerCountOf(memory),
                        () => guest.Copy(TimeSpan.FromSeconds(plan.CopyLimit)));
                }
            });
        }

        await run.Try($"{what}, floor", async () =>
        {
            using var guest = await BareGuest.Start(
                new BareShape($"floor-{memory}", BareAddress, memory, vcpus, area, $"/var/lib/libvirt/qemu/floor-{memory}.ram"));
            foreach (var load in loads)
            {
                var count = plan.CountOf(memory, vcpus, load);
                await Repeat(run, guest, Add(run, "floor", memory, vcpus, load), load, count, () => guest.Floor(live: false));
                await Repeat(run, guest, Add(run, "floor-live", memory, vcpus, load), load, count, () => guest.Floor(live: true));
            }
        });
    }

    private static async Task Repeat(Run run, BareGuest guest, PeerResult result, LoadSpec load, int count, Func<Task<PeerMove>> move)
    {
        try
        {
            await RepeatUnguarded(run, guest, result, load, count, move);
        }
        catch (LostVmException e)
        {
            // Here it was not the product that moved it: no reason to end the run.
            throw new BenchException($"{result.Way}: {e.Message}");
        }

        Tell(run, result);
    }

    private static async Task RepeatUnguarded(Run run, BareGuest guest, PeerResult result, LoadSpec load, int count, Func<Task<PeerMove>> move)
    {
        await guest.SetLoad(load);
        var before = await guest.Status();
        // The first one warms up, as with the product.
        for (var i = result.Way == "copy" ? 1 : 0; i <= count; i++)
        {
            await using var view = await OutsideView.Begin(guest.Address, run.Plan.EchoHertz);
            var one = await move();
            var silence = await view.End();
            before = await guest.RequireAlive(before);
            if (i > 0)
                result.Moves.Add(one with { Silence = silence });
        }
    }

    private static PeerResult Add(Run run, string way, int memory, int vcpus, LoadSpec load)
    {
        var result = new PeerResult(way, memory, vcpus, load.ToString(), []);
        run.Results.Peers.Add(result);
        return result;
    }

    private static void Tell(Run run, PeerResult result)
    {
        var totals = new Statistics.Sample(result.Moves.Select(move => move.TotalMs));
        var pauses = new Statistics.Sample(result.Moves.Select(move => move.PauseMs ?? move.Silence?.GapMilliseconds ?? 0));
        run.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.MemoryMib} MiB, {result.Vcpus} vCPUs, {result.Load}: {result.Way}: pause {pauses.Median:0.0} ms, total {totals.Median:0} ms"));
    }
}
