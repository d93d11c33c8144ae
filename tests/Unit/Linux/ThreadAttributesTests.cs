using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>Scheduling and what goes with it, from one real process to another.</summary>
public sealed class ThreadAttributesTests
{
    [Theory]
    [InlineData("chrt", "--batch", "0")]
    [InlineData("chrt", "--idle", "0")]
    [InlineData("nice", "-n", "7")]
    [InlineData("nice", "-n", "7", "chrt", "--idle", "0")]
    [InlineData("ionice", "-c", "2", "-n", "6")]
    [InlineData("ionice", "-c", "3")]
    public void One_process_gets_what_another_has(params string[] tool)
    {
        using var model = Start([.. tool, "sleep", "600"]);
        using var other = Start(["sleep", "600"]);
        try
        {
            Assert.True(SpinWait.SpinUntil(() => IsSleep(model) && ThreadAttributes.Of(model.Id) != ThreadAttributes.Of(other.Id), TimeSpan.FromSeconds(30)));
            using var old = HeldThread.Main(model);
            using var thread = HeldThread.Main(other);
            Assert.Empty(ThreadAttributes.Copy(old, thread));
            Assert.Equal(ThreadAttributes.Of(model.Id), ThreadAttributes.Of(other.Id));
        }
        finally
        {
            End(model);
            End(other);
        }
    }

    [Fact]
    public void A_difference_is_told_in_words()
    {
        var one = ThreadAttributes.Of(Environment.ProcessId);
        Assert.Equal("", one.Difference(one));
        Assert.Equal(
            $"scheduling policy 1, not {one.Policy}, core scheduling cookie 77, not {one.CoreCookie}",
            one.Difference(one with { Policy = 1, CoreCookie = 77 }));
    }

    [Fact]
    public void A_process_that_has_ended_is_an_error()
    {
        using var ended = Start(["sleep", "600"]);
        End(ended);
        Assert.Throws<LinuxException>(() => ThreadAttributes.Of(ended.Id));
    }

    private static ProcessHandle Start(IReadOnlyList<string> words) => ProcessSpawner.Spawn(ProgramPath.Of(words[0]), words, ["PATH=/usr/bin:/bin"], []);

    private static bool IsSleep(ProcessHandle process) => File.ReadAllText($"/proc/{process.Id}/comm").Trim() == "sleep";

    private static void End(ProcessHandle process)
    {
        process.Kill();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)));
        _ = ProcessSpawner.Reap(process);
    }
}
