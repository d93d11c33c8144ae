using System.Globalization;
using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Results;
using VirtHandover.Bench.Statistics;

namespace VirtHandover.Bench.Parts;

/// <summary>Many small VMs on the older QEMU, all approved at once after <c>dnf upgrade</c>.</summary>
internal sealed class ManyPart(Run run)
{
    public async Task Measure()
    {
        foreach (var domains in run.Plan.Many)
            await run.Try(string.Create(CultureInfo.InvariantCulture, $"{domains} VMs at once"), () => MeasureOne(domains));
    }

    private async Task MeasureOne(int domains)
    {
        await LabHost.InstallQemu(run.Results.Machine.OldQemu);
        var guests = new List<DomainGuest>();
        try
        {
            run.Say(string.Create(CultureInfo.InvariantCulture, $"{domains} VMs: starting them"));
            for (var i = 1; i <= domains; i++)
                guests.Add(await DomainGuest.StartSmall($"many-{i}", run.Plan.ManyMemory));
            var before = new List<GuestStatus>();
            foreach (var guest in guests)
                before.Add(await guest.Boot());

            await LabHost.InstallQemu(run.Results.Machine.Qemu);
            var service = await Product.Processes();
            await Shell.Run("virt-handover", "rescan");
            await Wait.Until("all VMs are pending", async () => await Product.CountIn("pending") == domains, TimeSpan.FromMinutes(2), 200);
            var cpu = service.Sum(ProcStat.CpuMilliseconds);
            var asked = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
            await Shell.Run("virt-handover", "approve", "--all", "--yes", "--json");
            // Its exit code is not asked: what became of each VM is looked at below.
            await Shell.TryRun("virt-handover", ["status", "--watch", "--timeout", "10m", "--json"], TimeSpan.FromMinutes(11));
            var used = service.Sum(ProcStat.CpuMilliseconds) - cpu;

            var reports = (await Product.History(domains)).Where(report => report.StartedAt >= asked).ToList();
            if (reports.Count != domains || reports.Exists(report => report.Outcome != "done"))
            {
                var troubles = await Product.Troubles();
                throw new BenchException($"Of {domains} VMs {reports.Count(report => report.Outcome == "done")} were handed over. {troubles}");
            }

            for (var i = 0; i < guests.Count; i++)
                await guests[i].RequireAlive(before[i]);

            var result = new ManyResult(
                domains,
                (reports.Max(report => report.StartedAt.AddMilliseconds(report.TotalMs)) - asked).TotalMilliseconds,
                Spans.Covered(reports.Select(report => report.Away)),
                used,
                reports);
            run.Results.Many.Add(result);
            run.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"{domains} VMs: total {result.TotalMs:0} ms, libvirt away {result.OutageMs / domains:0} ms a VM, pause {new Sample(reports.Select(report => report.PauseMs)).Median:0.0} ms"));
        }
        finally
        {
            foreach (var guest in guests)
                await guest.Remove();
        }
    }
}
