using System.Diagnostics;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Lab;

/// <summary>The lab's own guests do what the handover's tests rely on.</summary>
public sealed class GuestTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public Task InitializeAsync() => host.Reset();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("shared", "pc")]
    [InlineData("private", "q35")]
    [InlineData("memfd", "pc")]
    public async Task A_guest_counts_rewrites_memory_writes_its_disk_and_streams(string ram, string machine)
    {
        var guest = await Guest.Start("a", "--ram", ram, "--machine", machine, "--mem", "16");
        await using var probe = new Probe();

        await guest.AssertLives(await guest.Status());

        var record = (await probe.Stop())[guest.Address];
        Assert.True(record.Packets > 0);
        Assert.Equal((0L, 0L), (record.Lost, record.Damaged));
        Assert.Equal(host.OldVersion, await guest.RunningVersion());
    }

    [Fact]
    public async Task A_guest_answers_the_agent_and_the_console()
    {
        var guest = await Guest.Start("a");

        await guest.AgentAnswers();
        Assert.Contains("return", await Virsh.Agent("a", """{"execute":"guest-ping"}"""), StringComparison.Ordinal);
        Assert.Contains("heard hello", await Shell.Run("console", "a", "hello"), StringComparison.Ordinal);

        var status = await guest.Status();
        Assert.Equal(1, status.Cpus);
        Assert.Equal(["vda"], status.Disks);
    }

    [Fact]
    public async Task A_guest_that_is_stopped_and_continued_keeps_its_boot_and_a_restarted_one_does_not()
    {
        var guest = await Guest.Start("a", "--mem", "16");
        var first = await guest.Status();

        await Virsh.Run("suspend", "a");
        Assert.Equal("paused", await Virsh.State("a"));
        await Virsh.Run("resume", "a");
        await guest.AssertLives(first);

        await Virsh.Run("reset", "a");
        await guest.WaitFor("it booted anew", s => s.Seed != first.Seed);
    }

    [Fact]
    public async Task The_agent_shuts_a_guest_down()
    {
        var guest = await Guest.Start("a");
        var pid = await guest.Pid();

        await guest.AgentAnswers();
        await Virsh.Run("shutdown", "--mode", "agent", "a");

        await Eventually.Until("the guest is off", async () => await Virsh.State("a") == "shut off");
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(pid));
    }
}
