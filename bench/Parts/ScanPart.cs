using System.Diagnostics;
using System.Globalization;
using VirtHandover.Bench.Bare;
using VirtHandover.Bench.Lab;
using VirtHandover.Bench.Results;
using VirtHandover.Detection;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Bench.Parts;

/// <summary>How long the detector takes to look at many domains.</summary>
internal sealed class ScanPart(Run run)
{
    /// <summary>A tree like /proc with so many processes in it, each made after one real QEMU.</summary>
    public async Task Synthetic()
    {
        var directory = Directory.CreateTempSubdirectory("bench-proc-");
        using var model = Idle(Guid.NewGuid());
        try
        {
            await Wait.Until("the model process runs QEMU", () => Task.FromResult(IsQemu(model.Id)), TimeSpan.FromSeconds(10), 5);
            await Task.Delay(500);
            var domains = new ListedDomains(Path.Combine(directory.FullName, "run"));
            var proc = new ProcRoot(Path.Combine(directory.FullName, "proc"));
            for (var i = 1; i <= run.Plan.ScanDomains; i++)
            {
                var domain = domains.Add(string.Create(CultureInfo.InvariantCulture, $"vm-{i}"), i);
                SyntheticProcess.Write(proc.Path, i, model.Id, domain.Uuid, domain.Name);
            }

            await Measure("a synthetic /proc", domains, proc);
        }
        finally
        {
            End(model);
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Real QEMU processes that wait, with the host's /proc.</summary>
    public async Task Real()
    {
        var directory = Directory.CreateTempSubdirectory("bench-scan-");
        var processes = new List<ProcessHandle>();
        try
        {
            var domains = new ListedDomains(directory.FullName);
            for (var i = 1; i <= run.Plan.ScanProcesses; i++)
            {
                var uuid = Guid.NewGuid();
                processes.Add(Idle(uuid));
                domains.Add(string.Create(CultureInfo.InvariantCulture, $"vm-{i}"), processes[^1].Id, uuid);
            }

            await Wait.Until("all processes run QEMU", () => Task.FromResult(processes.TrueForAll(one => IsQemu(one.Id))), TimeSpan.FromMinutes(2), 100);
            await Measure("real QEMU processes", domains, ProcRoot.Host);
        }
        finally
        {
            processes.ForEach(End);
            directory.Delete(recursive: true);
        }
    }

    private async Task Measure(string what, ListedDomains domains, ProcRoot proc)
    {
        // The binary is asked for its version by the launcher, a role that this program has not.
        Launch.Host = ("/usr/libexec/virt-handover/virt-handoverd", ["virt-handoverd"]);
        // Once with another detector: compiling this program's code is no part of a scan, which the service has compiled beforehand.
        await new Detector(domains, domains.Paths, proc).ScanAsync(default);
        var detector = new Detector(domains, domains.Paths, proc);
        var first = await Time(detector, domains.Count);
        var later = new List<double>();
        for (var i = 0; i < run.Plan.ScanCount; i++)
            later.Add(await Time(detector, domains.Count));
        run.Results.Scans.Add(new ScanResult(what, domains.Count, first, later));
        run.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"scan of {domains.Count} domains, {what}: first {first:0} ms, later {new Statistics.Sample(later).Median:0} ms"));
    }

    private static async Task<double> Time(Detector detector, int domains)
    {
        var started = Stopwatch.GetTimestamp();
        var found = await detector.ScanAsync(default);
        var time = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return found.Count == domains && found.All(domain => domain.Running is not null && domain.Problem.Length == 0)
            ? time
            : throw new BenchException($"The scan of {domains} domains found {found.Count}: {found.FirstOrDefault(domain => domain.Problem.Length > 0)?.Problem}");
    }

    private static ProcessHandle Idle(Guid uuid) => ProcessSpawner.Spawn(
        BareShape.Program,
        [BareShape.Program, "-name", "guest=idle,debug-threads=on", "-S", "-machine", "none", "-nodefaults", "-display", "none", "-uuid", uuid.ToString()],
        ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        []);

    private static bool IsQemu(int process)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/cmdline")).Contains("-uuid", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void End(ProcessHandle process)
    {
        process.Kill();
        process.WaitForExit(TimeSpan.FromSeconds(10));
        _ = ProcessSpawner.Reap(process);
        process.Dispose();
    }
}
