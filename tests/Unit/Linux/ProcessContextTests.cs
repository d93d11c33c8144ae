using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>What is read of a process for another one to be started like it.</summary>
public sealed class ProcessContextTests
{
    [Fact]
    public void Limits_are_read_by_their_names() => Assert.Equal(
        [new LaunchLimit(7, "Max open files", 1024, 524288), new LaunchLimit(8, "Max locked memory", ulong.MaxValue, ulong.MaxValue), new LaunchLimit(13, "Max nice priority", 0, 3)],
        ProcessContext.ReadLimits("""
            Limit                     Soft Limit           Hard Limit           Units
            Max open files            1024                 524288               files
            Max locked memory         unlimited            unlimited            bytes
            Max something new         1                    2                    us
            Max nice priority         0                    3

            """));

    [Theory]
    [InlineData("Max open files            -1                 5 files")]
    [InlineData("Max open files            99999999999999999999 5 files")]
    public void A_limit_that_is_no_number_is_said_to_be_so(string line) => Assert.Throws<ProcException>(() => ProcessContext.ReadLimits(line).ToList());

    [Fact]
    public void Of_this_process_all_sixteen_are_read_and_a_program_that_is_only_asked_gets_none_of_its_rights()
    {
        ProcessContext context = ProcessContext.Read(Environment.ProcessId);
        Assert.Equal(Enumerable.Range(0, 16), context.Limits.Select(limit => limit.Resource).Order());
        LaunchContext asked = LaunchContexts.OfQuestion(context.Status);
        Assert.Equal((0UL, 0UL, 0UL, true), (asked.Bounding, asked.Inheritable, asked.Ambient, asked.NoNewPrivileges));
        Assert.Empty(asked.JoinFiles);
        Assert.Equal(context.Status.UserIds.Take(3), asked.UserIds);
    }
}
