using System.Globalization;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>Everything of a host that a handover could leave behind, counted.</summary>
internal sealed record Inventory(
    int Qemus, int QemuDescriptors, int QemuMemoryFiles, int ServiceDescriptors, int Zombies, int MonitorSockets, int SharedMemoryFiles, int Taps, int Locks, int Records)
{
    /// <summary>Counts when no keeper is left, until two counts in a row are the same: the service writes its history after a handover's end.</summary>
    public static async Task<Inventory> AtRest(Guid domain)
    {
        await Eventually.Until("the last keeper has ended", () => Task.FromResult(Processes.Keepers().Count == 0));
        Inventory last = await Take(domain);
        await Eventually.Until("nothing comes and goes", async () =>
        {
            Inventory before = last;
            last = await Take(domain);
            return before == last;
        });
        return last;
    }

    private static async Task<Inventory> Take(Guid domain)
    {
        IReadOnlyList<int> qemus = Processes.Qemus(domain);
        string service = await TheService.Pid() ?? throw new InvalidOperationException("The service does not run.");
        return new Inventory(
            qemus.Count,
            Descriptors(qemus[0].ToString(System.Globalization.CultureInfo.InvariantCulture)).Count,
            Descriptors(qemus[0].ToString(System.Globalization.CultureInfo.InvariantCulture)).Count(target => target.Contains("memory", StringComparison.Ordinal) || target.Contains("memfd", StringComparison.Ordinal)),
            Descriptors(service).Count,
            ZombiesOf(service),
            Directory.EnumerateFiles("/var/lib/libvirt/qemu", "monitor.sock*", SearchOption.AllDirectories).Count(),
            Directory.Exists("/dev/shm") ? Directory.EnumerateFiles("/dev/shm").Count() : 0,
            LabHost.Lines(await Shell.Run("ip", "-o", "link", "show", "type", "tun")).Length,
            WriteLocks(),
            Directory.EnumerateFiles("/run/virt-handover/records").Count());
    }

    /// <summary>
    /// Locks for writing. One of an open file description names no process, so that the kernel shows those of all labs to each: only those on the
    /// lab's own file systems count, which have numbers that no other lab's have.
    /// </summary>
    private static int WriteLocks()
    {
        // 36 35 98:0 /root /mount …
        var own = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[2]).Where(device => device.StartsWith("0:", StringComparison.Ordinal))
            .Select(device => $"00:{int.Parse(device[2..], CultureInfo.InvariantCulture):x2}").ToHashSet(StringComparer.Ordinal);
        // 1: OFDLCK ADVISORY  WRITE -1 00:2f:1234 0 EOF
        return File.ReadLines("/proc/locks").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(words => words is [_, _, _, "WRITE", var owner, var place, ..] && (owner != "-1" || own.Contains(place[..place.LastIndexOf(':')])));
    }

    /// <summary>Children of a process that have ended and were not taken away.</summary>
    private static int ZombiesOf(string parent) => Directory.EnumerateDirectories("/proc")
        .Where(directory => char.IsAsciiDigit(Path.GetFileName(directory)[0]))
        .Count(directory =>
        {
            try
            {
                // "PID (name) state parent …"; the name may hold anything.
                string stat = File.ReadAllText(directory + "/stat");
                return stat[(stat.LastIndexOf(')') + 2)..].StartsWith($"Z {parent} ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false; // it ended while we looked
            }
        });

    private static List<string> Descriptors(string process)
    {
        var targets = new List<string>();
        foreach (string link in Directory.EnumerateFileSystemEntries($"/proc/{process}/fd"))
        {
            if (new FileInfo(link).LinkTarget is { } target)
                targets.Add(target);
        }

        return targets;
    }
}
