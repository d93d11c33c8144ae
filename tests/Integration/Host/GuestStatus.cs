using System.Globalization;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>One status line of a guest, taken at one moment. See tests/lab/README.md.</summary>
internal sealed record GuestStatus(
    string Seed, long Counter, long UptimeMilliseconds, long Sent, long MemoryPasses, long MemoryChunks, long MemoryErrors,
    long DiskWrites, long DiskErrors, int DiskResult, long AgentCommands, long ConsoleLines, int Cpus, IReadOnlyList<string> Disks)
{
    public static GuestStatus Parse(string line)
    {
        var values = line.Trim().Split(' ').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        long Number(string name) => long.Parse(values[name], CultureInfo.InvariantCulture);
        return new GuestStatus(values["seed"], Number("counter"), Number("uptime_ms"), Number("sent"), Number("mem_passes"),
            Number("mem_chunks"), Number("mem_errors"), Number("disk_writes"), Number("disk_errors"), (int)Number("disk_last"),
            Number("agent"), Number("console"), (int)Number("cpus"), values["disks"].Split(',', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Asserts that this is a later moment of the same boot, and that nothing the guest verifies was ever wrong.</summary>
    public void AssertContinues(GuestStatus earlier)
    {
        Assert.Equal(earlier.Seed, Seed);
        Assert.True(Counter > earlier.Counter, $"The guest's counter stands: {earlier.Counter}, then {Counter}.");
        Assert.True(MemoryChunks >= earlier.MemoryChunks, "The guest's memory passes went backwards.");
        Assert.True(DiskWrites >= earlier.DiskWrites, "The guest's disk records went backwards.");
        Assert.Equal((0L, 0L, 0), (MemoryErrors, DiskErrors, DiskResult));
    }
}
