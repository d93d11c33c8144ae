using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>Whom systemd-machined takes for the VM: never a process that may end, or that does not have the guest.</summary>
public sealed class MachinedTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 120000)]
    public async Task The_new_process_is_registered_as_the_old_one_was_before_the_old_one_ends()
    {
        (SmallGuest guest, int source, StandInMachined machined) = await Start();
        await using (machined)
        {
            await using HeldPoint moving = await HeldPoint.Set("perform.stopped");
            await using HeldPoint ending = await HeldPoint.Set("confirm.machine-taken");
            Task<JsonElement> run = RunVerb.Report(guest.Name, 0);
            await moving.Reached();
            Assert.Null(machined.Leader);
            moving.LetGo();
            await ending.Reached();
            // The source still is, frozen: it ends after this.
            Assert.Contains(source, Processes.Qemus(guest.Uuid));
            Assert.NotEqual(source, machined.Leader);
            ending.LetGo();
            Assert.Equal("done", (await run).GetProperty("outcome").GetString());
            Assert.Equal(await Virsh.Pid(guest.Name), machined.Leader);
            Assert.Equal(["unregister", $"register {machined.Leader} libvirt-qemu vm"], machined.Told);
        }
    }

    [Fact(Timeout = 120000)]
    public async Task An_undone_handover_gives_the_old_process_its_seat_back()
    {
        (SmallGuest guest, int source, StandInMachined machined) = await Start("lab-broken-load");
        await using (machined)
        {
            Assert.Equal("undone", (await RunVerb.Report(guest.Name, 1)).GetProperty("outcome").GetString());
            Assert.Equal((source, source), (await Virsh.Pid(guest.Name), machined.Leader));
            Assert.Equal(["unregister", $"register {source} libvirt-qemu vm"], machined.Told);
        }
    }

    [Theory(Timeout = 240000)]
    [InlineData("quiesce.vacated", false)]
    [Variant("perform.moved", false)]
    [InlineData("finish.committed", true)]
    [Variant("confirm.status-written", true)]
    public async Task Recovery_seats_the_one_that_has_the_guest(string point, bool moved)
    {
        (SmallGuest guest, int source, StandInMachined machined) = await Start();
        await using (machined)
        {
            await TheService.View();
            await using HeldPoint held = await HeldPoint.Set(point);
            Task<ShellResult> run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
            await held.Reached();
            Assert.Null(machined.Leader);
            using (var mend = new Mend())
                await ChaosDeeds.Do(Fault.KillBoth, guest.Uuid, source, mend, guest.Name);
            held.LetGo();
            await run;
            await TheService.View();
            await Eventually.Until("libvirt manages the VM", async () => (await Shell.TryRun("virsh", "-q", "domstate", guest.Name)).Output.Trim() == "running");
            int now = await Virsh.Pid(guest.Name);
            Assert.Equal(moved, now != source);
            await Eventually.Until("machined has it", () => Task.FromResult(machined.Leader == now));
        }
    }

    [Theory(Timeout = 120000)]
    [Variant("UnregisterMachine", true)]
    [InlineData("RegisterMachineWithNetwork", true)]
    [Variant("GetMachineByPID", true)]
    [Variant("UnregisterMachine", false)]
    [InlineData("GetMachineByPID", false)]
    public async Task A_machined_that_refuses_or_does_not_answer_is_known_before_the_VM_is_touched(string method, bool refuses)
    {
        (SmallGuest guest, int source, StandInMachined machined) = await Start();
        await using (machined)
        {
            (refuses ? machined.Refused : machined.Unanswered)[method] = true;
            JsonElement report = await RunVerb.Report(guest.Name, 1);
            Assert.Equal("refused", report.GetProperty("outcome").GetString());
            Assert.Contains("MACHINED", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
            Assert.Equal((source, source), (await Virsh.Pid(guest.Name), machined.Leader));
            Assert.Empty(machined.Told);
        }
    }

    [Fact(Timeout = 120000)]
    public async Task A_machined_that_stops_answering_in_the_middle_leaves_the_VM_on_the_old_QEMU()
    {
        (SmallGuest guest, int source, StandInMachined machined) = await Start();
        await using (machined)
        {
            await using HeldPoint held = await HeldPoint.Set("quiesce.rechecked");
            Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
            await held.Reached();
            machined.Unanswered["UnregisterMachine"] = true;
            held.LetGo();
            Assert.Equal("undone", (await run).GetProperty("outcome").GetString());
            Assert.Equal((source, source), (await Virsh.Pid(guest.Name), machined.Leader));
        }
    }

    [Fact(Timeout = 120000)]
    public async Task A_machined_that_stops_answering_after_the_commit_is_a_warning()
    {
        (SmallGuest guest, int source, StandInMachined machined) = await Start();
        await using (machined)
        {
            await using HeldPoint held = await HeldPoint.Set("finish.committed");
            Task<JsonElement> run = RunVerb.Report(guest.Name, 0);
            await held.Reached();
            machined.Unanswered["RegisterMachineWithNetwork"] = true;
            held.LetGo();
            JsonElement report = await run;
            Assert.Equal("done", report.GetProperty("outcome").GetString());
            Assert.Contains("no longer registered with systemd-machined", report.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
            Assert.NotEqual(source, await Virsh.Pid(guest.Name));
            Assert.Null(machined.Leader);
        }
    }

    [Fact(Timeout = 120000)]
    public async Task A_machine_that_is_not_the_VM_s_is_left_alone()
    {
        // A container's, in which all of this host runs.
        (SmallGuest guest, int source, StandInMachined first) = await Start();
        await first.DisposeAsync();
        await using StandInMachined machined = await StandInMachined.Start(Guid.NewGuid(), leader: 1);
        machined.FindsByScope = true;
        Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());
        Assert.NotEqual(source, await Virsh.Pid(guest.Name));
        Assert.Empty(machined.Told);
    }

    [Fact(Timeout = 120000)]
    public async Task A_VM_whose_leader_an_earlier_handover_left_behind_gets_it_right()
    {
        (SmallGuest guest, int source, StandInMachined first) = await Start();
        await first.DisposeAsync();
        await using StandInMachined machined = await StandInMachined.Start(guest.Uuid, leader: 4_000_000);
        machined.FindsByScope = true;
        Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());
        Assert.NotEqual(source, machined.Leader);
        Assert.Equal(await Virsh.Pid(guest.Name), machined.Leader);
    }

    private static async Task<(SmallGuest Guest, int Source, StandInMachined Machined)> Start(string? repository = null)
    {
        SmallGuest guest = await SmallGuest.Start("m-lab", "--ram", "shared");
        int source = await Virsh.Pid(guest.Name);
        await LabHost.Dnf(["upgrade", .. repository is null ? Array.Empty<string>() : [$"--enablerepo={repository}"], "qemu-kvm"]);
        return (guest, source, await StandInMachined.Start(guest.Uuid, source));
    }
}
