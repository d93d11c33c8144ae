using VirtHandover.Bus.Client;
using VirtHandover.Canary;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;

namespace VirtHandover.Tests.Integration.Service;

/// <summary>The throw-away VM that goes first, with real upgrades, good ones and broken ones.</summary>
public sealed class CanaryTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Log = "/var/log/libvirt/qemu/virt-handover-canary.log";
    private const string Memory = TheService.State + "/canaries";

    public async Task InitializeAsync()
    {
        await TheService.Reset(canary: true);
        await host.Reset();
        await Shell.Run("rm", "-f", Log);
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 300000)]
    public async Task One_goes_before_the_first_VM_and_none_before_the_next()
    {
        await SmallGuest.Start("can-a", "--ram", "shared");
        await SmallGuest.Start("can-b", "--ram", "shared");
        await TheService.Until("it is shown", "can-b", domain => domain.State == "current");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (string name in (string[])["can-a", "can-b"])
        {
            await TheService.Until("it is pending", name, domain => domain.State == "pending");
            await Shell.Run("virt-handover", "approve", name);
            DomainView end = await TheService.Until("its handover has ended", name, domain => domain.State is "done" or "failed" or "blocked");
            Assert.True(end.State == "done", end.LastSentence);
        }

        // libvirt heads the log of each start with the version of QEMU: the canary was started on the one that dnf had taken away.
        Assert.Single((await File.ReadAllTextAsync(Log)).Split('\n'), line => line.Contains($"qemu version: {host.OldVersion}", StringComparison.Ordinal));
        Assert.Single(await File.ReadAllLinesAsync(Memory));
        await AssertGone();
    }

    [Theory(Timeout = 300000)]
    [InlineData("load")]
    [Variant("exit")]
    public async Task One_that_dies_stops_the_queue_before_a_real_VM_is_touched(string fault)
    {
        Guest guest = await Guest.Start("can-" + fault, "--ram", "shared", "--mem", "16", "--memory", "128");
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        await TheService.Until("it is shown", guest.Name, domain => domain.State == "current");
        await LabHost.Dnf("upgrade", $"--enablerepo=lab-broken-{fault}", "qemu-kvm");
        await TheService.Until("it is pending", guest.Name, domain => domain.State == "pending");
        await Shell.Run("virt-handover", "approve", guest.Name);

        DomainView held = await TheService.Until(
            "the queue is paused", guest.Name, domain => domain.WaitReason.Contains("canary", StringComparison.Ordinal));
        Assert.Equal("approved", held.State);
        Assert.Contains("no real VM was touched", held.WaitReason, StringComparison.Ordinal);
        Assert.Contains("virt-handover queue resume", held.WaitReason, StringComparison.Ordinal);
        Assert.Equal((pid, "running"), (await guest.Pid(), await Virsh.State(guest.Name)));
        Assert.False(File.Exists(Memory));
        await AssertGone();

        // The repaired package, and the queue may go on: another canary comes through, and the approval still holds.
        await LabHost.Dnf("downgrade", $"qemu-kvm-{host.NewVersion}-1");
        await Shell.Run("virt-handover", "queue", "resume");
        DomainView done = await TheService.Until("its handover has ended", guest.Name, domain => domain.State is "done" or "failed");
        Assert.True(done.State == "done", done.LastSentence);
        await guest.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task One_whose_service_and_keeper_are_killed_is_cleared_away()
    {
        (Guest guest, GuestStatus before) = await Outdated("can-kill");
        Guid uuid = await Virsh.Uuid(guest.Name);
        await using HeldPoint held = await HeldPoint.Set("perform.stopped");
        await Shell.Run("virt-handover", "approve", guest.Name);
        await held.Reached();
        // The point is the canary's: the real VM still has its one QEMU.
        Assert.Equal((2, 1), (Processes.Qemus(CanaryDomain.Uuid).Count, Processes.Qemus(uuid).Count));
        int keeper = Assert.Single(Processes.Keepers());
        await TheService.Stop("KILL");
        Processes.Kill(keeper);
        held.LetGo();

        DomainView done = await TheService.Until("its handover has ended", guest.Name, domain => domain.State is "done" or "failed");
        Assert.True(done.State == "done", done.LastSentence);
        await guest.AssertLives(before);
        await AssertGone();
    }

    [Fact(Timeout = 300000)]
    public async Task One_that_cannot_be_ended_stops_the_queue_until_somebody_has_seen_to_it()
    {
        (Guest guest, GuestStatus before) = await Outdated("can-stays");
        int pid = await guest.Pid();
        await using HeldPoint held = await HeldPoint.Set("begin.journaled");
        await Shell.Run("virt-handover", "approve", guest.Name);
        await held.Reached();
        // libvirt answers nobody from here on, so what was given up cannot be destroyed.
        await Daemon.Signal("STOP");
        try
        {
            await Shell.Run("virt-handover", "cancel", guest.Name);
            held.LetGo();
            DomainView stopped = await TheService.Until(
                "the queue is paused", guest.Name, domain => domain.WaitReason.Contains("canary", StringComparison.Ordinal));
            Assert.Contains("virsh destroy virt-handover-canary", stopped.WaitReason, StringComparison.Ordinal);
            Assert.Single(Processes.Qemus(CanaryDomain.Uuid));
        }
        finally
        {
            await Daemon.Signal("CONT");
        }

        Assert.Equal((pid, "running"), (await guest.Pid(), await Virsh.State(guest.Name)));
        Assert.False(File.Exists(Memory));
        await Shell.Run("virt-handover", "queue", "resume");
        await TheService.Until("it is pending", guest.Name, domain => domain.State is "pending" or "approved" or "done");
        await Shell.TryRun("virt-handover", "approve", guest.Name);
        DomainView done = await TheService.Until("its handover has ended", guest.Name, domain => domain.State is "done" or "failed");
        Assert.True(done.State == "done", done.LastSentence);
        await guest.AssertLives(before);
        await AssertGone();
    }

    /// <summary>A guest whose QEMU was upgraded, and which waits for its approval.</summary>
    private static async Task<(Guest Guest, GuestStatus Status)> Outdated(string name)
    {
        Guest guest = await Guest.Start(name, "--ram", "shared", "--mem", "16", "--memory", "128");
        GuestStatus status = await guest.Status();
        await TheService.Until("it is shown", name, domain => domain.State == "current");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await TheService.Until("it is pending", name, domain => domain.State == "pending");
        return (guest, status);
    }

    private static async Task AssertGone()
    {
        Assert.DoesNotContain("canary", await Virsh.Run("list", "--all", "--name"), StringComparison.Ordinal);
        Assert.DoesNotContain((await TheService.View()).Domains, domain => domain.Uuid == CanaryDomain.Uuid);
        Assert.Empty(Processes.Qemus(CanaryDomain.Uuid));
        Assert.False(Directory.Exists("/var/cache/virt-handover/canary/old"));
    }
}
