using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A guest that stands because its watchdog has bitten, or because its QEMU met an error, at any moment of a handover: up to the commitment it is
/// refused and stays in the old QEMU as it is, after it it stands in the new one; and the VM beside it notices nothing.
/// </summary>
public sealed class GuestErrorTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private Guest? _beside;
    private GuestStatus? _besideBefore;

    public async Task InitializeAsync()
    {
        HostViews.LookAway();
        await TheService.Reset("[Handover]\nMaxPause=6s\n[Queue]\nStopAfterFailures=1\nTogether=2\n");
        await host.Reset();
        await FailingGuest.Prepare();
        _beside = await Guest.Start("beside", "--ram", "shared", "--mem", "16", "--memory", "128");
        _besideBefore = await _beside.Status();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [InlineData(FailingGuest.Watchdog)]
    [InlineData(FailingGuest.InternalError)]
    public async Task One_that_stands_already_is_left_as_it_is(string state)
    {
        FailingGuest failing = await FailingGuest.Start("failing", state);
        GuestStatus before = await failing.Guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await failing.Fail(inTarget: false);
        await Eventually.Until("libvirt knows it", async () => await Virsh.State("failing") == "paused");
        await Eventually.Until("the list says so", async () =>
            (await Shell.Run("virt-handover", "list", "--readiness")).Contains("STATE_BAD", StringComparison.Ordinal));
        AssertRefused(await RunVerb.Report("failing"), state);
        await AssertStaysAndOthersGoOn(failing, before);
    }

    [Theory(Timeout = 300000)]
    // While the new QEMU is made; in the last look; when all that is left to be done is to stop it.
    [Variant(FailingGuest.Watchdog, "prepare.connected")]
    [Variant(FailingGuest.Watchdog, "quiesce.rechecked")]
    [InlineData(FailingGuest.Watchdog, "perform.journaled")]
    [Variant(FailingGuest.Watchdog, "perform.journaled", "private")]
    [InlineData(FailingGuest.InternalError, "quiesce.rechecked")]
    [Variant(FailingGuest.InternalError, "perform.journaled")]
    public async Task Before_the_commitment_it_stays_as_it_is(string state, string point, string ram = "shared")
    {
        FailingGuest failing = await FailingGuest.Start("failing", state, ram);
        GuestStatus before = await failing.Guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        AssertRefused(await RunAndFailAt(point, failing, inTarget: false), state);
        await AssertStaysAndOthersGoOn(failing, before);
    }

    [Theory(Timeout = 300000)]
    [Variant(FailingGuest.Watchdog, "finish.continued")]
    [InlineData(FailingGuest.Watchdog, "confirm.adopting")]
    [Variant(FailingGuest.InternalError, "confirm.status-written")]
    public async Task After_the_commitment_it_stands_in_the_new_QEMU(string state, string point)
    {
        FailingGuest failing = await FailingGuest.Start("failing", state);
        GuestStatus before = await failing.Guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        JsonElement report = await RunAndFailAt(point, failing, inTarget: true);

        Assert.True(report.GetProperty("outcome").GetString() == "done", report.ToString());
        int process = await Virsh.Pid("failing");
        Assert.NotEqual(failing.Process, process);
        await failing.AssertStands(process);
        Assert.Equal(host.NewVersion, await Virsh.RunningVersion("failing"));
        await AssertOthersGoOn();

        if (state == FailingGuest.Watchdog)
        {
            await Virsh.Run("resume", "failing");
            await failing.Guest.AssertLives(before);
        }
    }

    [Fact(Timeout = 300000)]
    public async Task A_watchdog_that_is_fed_does_not_bite_in_a_handover()
    {
        FailingGuest guest = await FailingGuest.Start("fed", FailingGuest.Watchdog);
        GuestStatus before = await guest.Guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Assert.Equal("done", (await RunVerb.Report("fed")).GetProperty("outcome").GetString());
        await guest.Guest.AssertLives(before);
        // It went along: it bites in the new QEMU as it would have in the old one.
        await guest.Fail(inTarget: true);
        await Eventually.Until("libvirt knows it", async () => await Virsh.State("fed") == "paused");
        await guest.AssertStands(await Virsh.Pid("fed"));
    }

    [Theory(Timeout = 300000)]
    [InlineData(FailingGuest.Watchdog)]
    [InlineData(FailingGuest.InternalError)]
    public async Task Of_two_that_are_approved_at_once_the_other_one_is_moved(string state)
    {
        FailingGuest failing = await FailingGuest.Start("failing", state);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (string name in new[] { "failing", "beside" })
            await TheService.Until("it is pending", name, domain => domain is { State: "pending", Method: "shared" });
        await using (HeldPoint held = await HeldPoint.Set("quiesce.daemon-stopped"))
        {
            await Shell.Run("virt-handover", "approve", "--all", "--yes");
            await held.Reached();
            await failing.Fail(inTarget: false);
            held.LetGo();
        }

        await TheService.Until("it was refused", "failing", domain => domain.State == "blocked");
        await TheService.Until("it is moved", "beside", domain => domain.State == "done");
        await Eventually.Until("libvirt answers", async () => (await Shell.TryRun("virsh", "domstate", "failing")).ExitCode == 0);
        await failing.AssertStands(failing.Process);
        Assert.Equal(host.NewVersion, await Virsh.RunningVersion("beside"));
        await AssertOthersGoOn();
    }

    private async Task AssertStaysAndOthersGoOn(FailingGuest failing, GuestStatus before)
    {
        await failing.AssertStands(failing.Process);
        await AssertOthersGoOn();
        if (failing.State == FailingGuest.InternalError)
            return;
        // Whoever looks after it lets it go on; then it is a VM like any other.
        await Virsh.Run("resume", failing.Guest.Name);
        await failing.Guest.AssertLives(before);
        Assert.Equal("done", (await RunVerb.Report(failing.Guest.Name)).GetProperty("outcome").GetString());
        await failing.Guest.AssertLives(before);
    }

    /// <summary>
    /// What was running beside it has lost nothing and can be handed over: the queue takes the guest's state for no failure, after the first of which
    /// it would pause here.
    /// </summary>
    private async Task AssertOthersGoOn()
    {
        await _beside!.AssertLives(_besideBefore!);
        Assert.Single(Processes.Qemus(await Virsh.Uuid("beside")));
        Assert.Equal("done", (await RunVerb.Report("beside")).GetProperty("outcome").GetString());
        await _beside.AssertLives(_besideBefore!);
        Assert.DoesNotContain("paused", await Shell.Run("virt-handover", "queue", "status"), StringComparison.Ordinal);
    }

    private static void AssertRefused(JsonElement report, string state)
    {
        Assert.True(report.GetProperty("outcome").GetString() == "refused", report.ToString());
        Assert.Contains($"'{state}'", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> RunAndFailAt(string point, FailingGuest failing, bool inTarget)
    {
        await using HeldPoint held = await HeldPoint.Set(point);
        Task<JsonElement> run = RunVerb.Report("failing");
        await held.Reached();
        await failing.Fail(inTarget);
        held.LetGo();
        return await run;
    }
}
