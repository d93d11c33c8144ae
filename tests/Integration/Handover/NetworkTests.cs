using System.Text.Json;
using System.Text.RegularExpressions;
using VirtHandover.Bus.Client;
using VirtHandover.Handover;
using VirtHandover.Linux;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>Network cards: what goes through them in both directions, after a handover that went through and after one that was undone.</summary>
public sealed partial class NetworkTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private static readonly string[] Small = ["--mem", "16", "--memory", "128"];

    public async Task InitializeAsync()
    {
        await TheService.Reset("[Handover]\nMaxPause=10s\n[Queue]\nStopAfterFailures=0\n");
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [Variant("shared", 1, 1, "perform.cards-added")]
    [InlineData("shared", 2, 2, "perform.cards-added")]
    [InlineData("shared", 2, 1, "perform.moved")]
    [InlineData("private", 2, 2, "copy.cards-added")]
    [Variant("private", 2, 2, "perform.set-up")]
    [Variant("private", 2, 2, "perform.moved")]
    public async Task A_card_works_after_an_undo_after_two_handovers_and_after_a_reset(string ram, int queues, int vcpus, string point)
    {
        // From the new QEMU on a copy runs beside the guest.
        if (ram == "private")
            await LabHost.Dnf("upgrade", "qemu-kvm");
        Guest guest = await Guest.Start("n-card", ["--ram", ram, "--queues", $"{queues}", "--vcpus", $"{vcpus}", .. Small]);
        if (ram != "private")
            await LabHost.Dnf("upgrade", "qemu-kvm");
        GuestStatus before = await guest.Status();
        int attached = await Attached(guest);
        Assert.Equal(Math.Min(queues, vcpus), attached);
        await AssertTraffic(guest);

        (int source, Guid domain) = (await guest.Pid(), await Virsh.Uuid(guest.Name));
        await using (HeldPoint held = await HeldPoint.Set(point))
        {
            Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
            await held.Reached();
            Processes.Kill(Processes.Qemus(domain).Single(id => id != source));
            held.LetGo();
            Assert.Equal("undone", (await run).GetProperty("outcome").GetString());
        }

        Assert.Equal((source, attached), (await guest.Pid(), await Attached(guest)));
        await AssertTraffic(guest);
        GuestStatus after = await guest.AssertLives(before);

        for (int round = 0; round < 2; round++)
        {
            Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());
            Assert.Equal(attached, await Attached(guest));
            await AssertTraffic(guest);
            after = await guest.AssertLives(after);
        }

        await Virsh.Run("reset", guest.Name);
        await guest.WaitFor("it has booted again", status => status.Seed != before.Seed);
        await AssertTraffic(guest);
    }

    [Theory(Timeout = 300000)]
    [InlineData("shared", "perform.stopped")]
    [InlineData("private", "copy.stopped")]
    public async Task The_incoming_frames_that_a_handover_costs_are_counted_and_said(string ram, string point)
    {
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Guest guest = await Guest.Start("n-frames", ["--ram", ram, .. Small]);
        using ProcessHandle source = ProcessHandle.Open(await guest.Pid());
        using var queue = source.DuplicateDescriptor(SourceDescriptors.Read(source).TapsOf(await Tap(guest)).Single());
        await using HeldPoint held = await HeldPoint.Set(point);
        await using var echo = new Echo(guest, 1000);
        Task<JsonElement> run = RunVerb.Report(guest.Name, 0);
        await held.Reached();
        // The source takes one; the others wait for a target that has no card yet, and throws them away.
        await Eventually.Until("frames wait in the tap", () => Task.FromResult(TapQueue.HasFrames(queue)));
        held.LetGo();
        JsonElement report = await run;
        EchoRecord answers = await echo.Stop();
        long counted = report.GetProperty("frames_lost").GetInt64();
        Assert.True(counted > 0 && answers.Lost >= counted - 1, $"{answers}, and the report says: {counted} lost.");
        Assert.Contains("lost in its pause", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300000)]
    public async Task No_frame_that_the_guest_sends_is_lost()
    {
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Guest guest = await Guest.Start("n-out", ["--ram", "shared", "--tick", "1", .. Small]);
        await using var probe = new Probe();
        Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());
        GuestStatus after = await guest.Status();
        await guest.WaitFor("its stream goes on", status => status.Sent > after.Sent + 100);
        StreamRecord stream = (await probe.Stop())[guest.Address];
        Assert.Equal((0L, 0L), (stream.Lost, stream.Damaged));
    }

    [Fact(Timeout = 300000)]
    public async Task A_user_mode_network_goes_on_after_an_undo_and_after_a_handover_and_moves_by_itself_only_where_that_is_allowed()
    {
        const string Auto = "[Service]\nMode=auto\n[Queue]\nStopAfterFailures=0\n[Handover]\nMaxPause=10s\n";
        await TheService.Reset(Auto);
        // Its gateway is the host's 127.0.0.1.
        Guest guest = await EditedGuest.Boot(
            "n-user",
            xml => BridgedCard().Replace(xml, "<interface type='user'><model type='virtio'/><ip family='ipv4' address='10.77.0.0' prefix='24'/></interface>")
                .Replace("vh.sink=10.77.0.1", "vh.sink=10.77.0.2", StringComparison.Ordinal),
            ["--ram", "shared", .. Small]);
        await AssertStream();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        (int source, Guid domain) = (await guest.Pid(), await Virsh.Uuid(guest.Name));
        DomainView waits = await TheService.Until("it is pending", guest.Name, vm => vm.State == "pending");
        Assert.Contains("NET_USER", waits.Findings.Select(finding => finding.Code));

        await using (HeldPoint held = await HeldPoint.Set("perform.moved"))
        {
            Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
            await held.Reached();
            Processes.Kill(Processes.Qemus(domain).Single(id => id != source));
            held.LetGo();
            Assert.Equal("undone", (await run).GetProperty("outcome").GetString());
        }

        await AssertStream();
        await TheService.Reset(Auto + "EndConnections=yes\n");
        await using var probe = new Probe();
        await TheService.Until("it has moved by itself", guest.Name, vm => vm.State == "done");
        Assert.NotEqual(source, await guest.Pid());
        StreamRecord stream = (await probe.Stop())["127.0.0.1"];
        Assert.Equal((0L, 0L), (stream.Lost, stream.Damaged));
        await AssertStream();
    }

    /// <summary>Datagrams come from a guest behind the host's own address.</summary>
    private static Task AssertStream() => Eventually.Until("the guest's stream comes through", async () =>
        (await Shell.Run("probe", "listen", "9000", "0.5")).Contains("127.0.0.1", StringComparison.Ordinal));

    [GeneratedRegex("<interface type='bridge'>.*?</interface>", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex BridgedCard();

    /// <summary>Eight flows there and back: with two queues, a dead one would swallow some of them whole.</summary>
    private static async Task AssertTraffic(Guest guest)
    {
        var flows = new List<Echo>();
        try
        {
            for (int n = 0; n < 8; n++)
                flows.Add(new Echo(guest, 50));
            // Its own stream goes on meanwhile: so many steps, and each flow has sent some.
            long counter = (await guest.Status()).Counter;
            await guest.WaitFor("half a second goes by", status => status.Counter > counter + 125);
            foreach (Echo flow in flows)
            {
                EchoRecord record = await flow.Stop();
                Assert.True(record.Answered > record.Sent / 2, $"A flow of datagrams to {guest.Name} is hardly answered: {record}.");
            }
        }
        finally
        {
            foreach (Echo flow in flows)
                await flow.DisposeAsync();
        }
    }

    /// <summary>How many queues of its tap the kernel gives frames to.</summary>
    private static async Task<int> Attached(Guest guest)
    {
        string tap = await Tap(guest);
        using ProcessHandle qemu = ProcessHandle.Open(await guest.Pid());
        int attached = 0;
        foreach (int number in SourceDescriptors.Read(qemu).TapsOf(tap))
        {
            using var queue = qemu.DuplicateDescriptor(number);
            attached += TapQueue.IsAttached(queue) ? 1 : 0;
        }

        return attached;
    }

    private static async Task<string> Tap(Guest guest) =>
        (await Virsh.Xml(guest.Name)).Descendants("interface").Single().Element("target")!.Attribute("dev")!.Value;
}
