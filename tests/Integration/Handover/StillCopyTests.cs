using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>A guest that must stand still while its memory is copied: asked for by name, told how far it is, and let go when somebody says so.</summary>
public sealed class StillCopyTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await TheService.Reset("[Handover]\nMaxPause=50ms\n");
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 300000)]
    public async Task It_stands_still_for_longer_than_its_budget_only_when_that_is_allowed_by_name()
    {
        Guest guest = await Guest.Start("s-still", "--ram", "private", "--mem", "16", "--memory", "128");
        GuestStatus before = await guest.Status();
        await TheService.View();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await TheService.Until("it is pending", guest.Name, domain => domain is { State: "pending", Method: "copy" });
        string readiness = await Shell.Run("virt-handover", "list", "--readiness");
        Assert.Contains("stand still for", string.Join(' ', readiness.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);

        ShellResult approved = await Shell.TryRun("virt-handover", "approve", guest.Name);
        Assert.NotEqual(0, approved.ExitCode);
        Assert.Contains("PAUSE_BUDGET", approved.Error, StringComparison.Ordinal);
        JsonElement refused = await RunVerb.Report(guest.Name, 1);
        Assert.Equal("refused", refused.GetProperty("outcome").GetString());
        Assert.Contains("PAUSE_BUDGET", refused.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, refused.GetProperty("pause_ms").ValueKind);

        await Shell.Run("virt-handover", "policy", "set", guest.Name, "--max-pause", "60s");
        await Shell.Run("virt-handover", "retry", guest.Name);
        JsonElement done = await RunVerb.Report(guest.Name, 0);
        Assert.Equal(("done", "copy"), (done.GetProperty("outcome").GetString(), done.GetProperty("method").GetString()));
        await guest.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task It_can_be_broken_off_while_the_guest_stands_still_and_the_pause_is_recorded()
    {
        Guest guest = await Guest.Start("s-break", "--ram", "private", "--mem", "16", "--memory", "128");
        GuestStatus before = await guest.Status();
        int source = await guest.Pid();
        Guid domain = await Virsh.Uuid(guest.Name);
        await TheService.View();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await TheService.Until("it is pending", guest.Name, seen => seen.State == "pending");
        await Shell.Run("virt-handover", "policy", "set", guest.Name, "--max-pause", "60s");
        await using HeldPoint held = await HeldPoint.Set("perform.stopped");
        Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
        await held.Reached();
        // A target that reads nothing: a copy that takes long.
        int target = Processes.Qemus(domain).Single(id => id != source);
        await using HeldPoint sending = await HeldPoint.Set("perform.sending");
        held.LetGo();
        await sending.Reached();
        Processes.Signal(target, handle => handle.Freeze());
        sending.LetGo();
        await TheService.Until("it tells how far the copy is", guest.Name, seen => seen is { Phase: "perform", Progress: >= 0 });
        await Shell.Run("virt-handover", "cancel", guest.Name);

        JsonElement report = await run;
        Assert.Equal("cancelled", report.GetProperty("outcome").GetString());
        Assert.True(report.GetProperty("pause_ms").GetDecimal() > 0, report.GetRawText());
        Assert.Contains(guest.Name, await Shell.Run("virt-handover", "pauses"), StringComparison.Ordinal);
        Assert.Equal((source, "running"), (await guest.Pid(), await Virsh.State(guest.Name)));
        Assert.Equal([source], Processes.Qemus(domain));
        GuestStatus now = await guest.AssertLives(before);

        Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());
        await guest.AssertLives(now);
    }
}
