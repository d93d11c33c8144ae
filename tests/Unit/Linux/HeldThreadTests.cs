using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>Thread numbers that somebody else says.</summary>
public sealed class HeldThreadTests
{
    [Fact]
    public void Only_a_thread_of_the_process_is_found()
    {
        using var process = Start();
        using var other = Start();
        try
        {
            using (var main = HeldThread.Find(process, process.Id))
                Assert.Equal(process.Id, main!.Id);
            foreach (var foreign in (int[])[other.Id, Environment.ProcessId, 1, 0, -1, int.MaxValue])
                Assert.Null(HeldThread.Find(process, foreign));
        }
        finally
        {
            End(process);
            End(other);
        }

        Assert.Null(HeldThread.Find(process, process.Id));
        Assert.Throws<LinuxException>(() => HeldThread.Main(process));
    }

    [Fact]
    public void Nothing_is_done_to_one_that_has_ended()
    {
        using var process = Start();
        using var main = HeldThread.Main(process);
        var cpus = ThreadAffinity.Of(main);
        cpus.ApplyTo(main);
        End(process);
        Assert.Throws<LinuxException>(() => main.Do(_ => Assert.Fail("It was done.")));
        Assert.Throws<LinuxException>(() => cpus.ApplyTo(main));
        Assert.NotEmpty(new Cgroups([new CgroupPlace("/nonexistent", true, "/a")]).TryJoinThread(main));
    }

    [Fact]
    public void One_that_ends_meanwhile_is_told()
    {
        using var process = Start();
        using var main = HeldThread.Main(process);
        Assert.Contains("meanwhile", Assert.Throws<LinuxException>(() => main.Do(_ => End(process))).Message.Replace("while it was given", "meanwhile", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_thread_that_is_not_the_first_is_found_below_its_process()
    {
        using var self = ProcessHandle.Open(Environment.ProcessId);
        foreach (var directory in Directory.EnumerateDirectories("/proc/self/task").Take(3))
        {
            // One of the runtime's may end at any time.
            using var thread = HeldThread.Find(self, int.Parse(Path.GetFileName(directory), System.Globalization.CultureInfo.InvariantCulture));
            if (thread is null)
                Assert.False(Directory.Exists(directory));
        }
    }

    private static ProcessHandle Start() => ProcessSpawner.Spawn(ProgramPath.Of("sleep"), ["sleep", "600"], ["PATH=/usr/bin:/bin"], []);

    private static void End(ProcessHandle process)
    {
        process.Kill();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)));
        _ = ProcessSpawner.Reap(process);
    }
}
