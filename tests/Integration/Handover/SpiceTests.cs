using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>A VM with a SPICE display, as virt-install makes one: qxl, the agent's channel, two devices for redirection.</summary>
public sealed partial class SpiceTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const int Port = 5990;
    private const string Local = "127.0.0.1";

    private const string Devices =
        "<video><model type='qxl' ram='65536' vram='65536' vgamem='16384' heads='1'/></video>"
        + "<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>"
        + "<controller type='usb' index='0' model='ich9-ehci1'/><redirdev bus='usb' type='spicevmc'/><redirdev bus='usb' type='spicevmc'/>";

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 300000)]
    public async Task Its_clients_come_back_to_the_same_port_and_nobody_comes_to_the_new_QEMU_before()
    {
        Guest guest = await Start("sp-move", Graphics());
        GuestStatus before = await guest.Status();
        int source = await guest.Pid();
        string display = await Virsh.Run("domdisplay", guest.Name);
        using SpiceClient client = await SpiceClient.Connect(Local, Port);
        Assert.Equal([source], await Listeners(Port));
        await Upgrade(guest);

        await using HeldPoint prepared = await HeldPoint.Set("prepare.journaled");
        await using HeldPoint committed = await HeldPoint.Set("finish.committed");
        Task<JsonElement> run = RunVerb.Report(guest.Name, 0);
        await prepared.Reached();
        int target = Assert.Single(Processes.Qemus(await Virsh.Uuid(guest.Name)), pid => pid != source && !Processes.IsOldTwin(pid));
        (string address, int parked) = Assert.Single(await PortsOf(target));
        Assert.Equal(Local, address);
        await NobodyReaches(parked);
        Assert.Equal([source], await Listeners(Port));
        using (SpiceClient other = await SpiceClient.Connect(Local, Port))
            prepared.LetGo();
        await committed.Reached();
        await NobodyReaches(parked);
        committed.LetGo();

        Assert.Equal("done", (await run).GetProperty("outcome").GetString());
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        await client.Ends();
        Assert.Equal([target], await Listeners(Port));
        Assert.Equal((Local, Port), Assert.Single(await PortsOf(target)));
        using SpiceClient back = await SpiceClient.Connect(Local, Port);
        Assert.Equal(display, await Virsh.Run("domdisplay", guest.Name));
        GuestStatus after = await guest.AssertLives(before);

        // And on from there.
        Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());
        await back.Ends();
        Assert.True(await SpiceClient.IsServed(Local, Port));
        await guest.AssertLives(after);
    }

    [Theory(Timeout = 300000)]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [Variant("::", "::1")]
    [Variant("::1", "::1")]
    public async Task Every_address_is_carried(string listen, string reach)
    {
        Guest guest = await Start("sp-addr", Graphics(listen: listen));
        GuestStatus before = await guest.Status();
        await Upgrade(guest);
        Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());
        Assert.True(await SpiceClient.IsServed(reach, Port));
        Assert.Equal([await guest.Pid()], await Listeners(Port));
        await guest.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task A_display_that_only_libvirt_reaches_is_carried()
    {
        Guest guest = await Start("sp-none", "<graphics type='spice'><listen type='none'/></graphics>");
        GuestStatus before = await guest.Status();
        await Upgrade(guest);
        JsonElement report = await RunVerb.Report(guest.Name, 0);
        Assert.Equal("done", report.GetProperty("outcome").GetString());
        Assert.DoesNotContain("SPICE", report.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
        Assert.Empty(await PortsOf(await guest.Pid()));
        await guest.AssertLives(before);
    }

    [Fact(Timeout = 300000)]
    public async Task A_password_is_asked_for_as_before()
    {
        Guest guest = await Start("sp-pass", Graphics("passwd='sesame'"));
        GuestStatus before = await guest.Status();
        using (await SpiceClient.Connect(Local, Port, "sesame"))
            await Upgrade(guest);
        JsonElement report = await RunVerb.Report(guest.Name, 0);
        Assert.Equal("done", report.GetProperty("outcome").GetString());
        Assert.Contains("SPICE_PASSWORD", report.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => SpiceClient.Connect(Local, Port, "open"));
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => SpiceClient.Connect(Local, Port));
        using (await SpiceClient.Connect(Local, Port, "sesame"))
            await guest.AssertLives(before);
        Assert.Equal("", (await Shell.TryRun("grep", "-rl", "sesame", TheService.State, "/run/virt-handover")).Output);
    }

    [Fact(Timeout = 300000)]
    public async Task A_USB_device_that_a_client_has_lent_refuses_and_a_client_without_one_does_not()
    {
        Guest guest = await Start("sp-usb", Graphics());
        GuestStatus before = await guest.Status();
        await Upgrade(guest);
        using (SpiceClient client = await SpiceClient.Connect(Local, Port))
        using (SpiceClient usb = await SpiceClient.Connect(Local, Port, channel: SpiceClient.UsbRedirection, session: client.Session))
        {
            await usb.Lend();
            await Eventually.Until("the guest has the device", () => IsLent(guest));
            JsonElement refused = await RunVerb.Report(guest.Name, 1);
            Assert.Equal("refused", refused.GetProperty("outcome").GetString());
            Assert.Contains("USBREDIR", refused.GetProperty("sentence").GetString(), StringComparison.Ordinal);

            // One that comes while the new QEMU is made ready is seen, too.
            await usb.TakeBack();
            await Eventually.Until("the client has it back", async () => !await IsLent(guest));
            await using HeldPoint held = await HeldPoint.Set("prepare.journaled");
            Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
            await held.Reached();
            await usb.Lend();
            await Eventually.Until("the guest has it again", () => IsLent(guest));
            held.LetGo();
            Assert.Contains("USBREDIR", (await run).GetProperty("sentence").GetString(), StringComparison.Ordinal);

            await usb.TakeBack();
            await Eventually.Until("the client has it back", async () => !await IsLent(guest));
            Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());
            await usb.Ends();
            Assert.False(await IsLent(guest));
        }

        // The new QEMU's device takes another.
        using (SpiceClient client = await SpiceClient.Connect(Local, Port))
        using (SpiceClient usb = await SpiceClient.Connect(Local, Port, channel: SpiceClient.UsbRedirection, session: client.Session))
        {
            await usb.Lend();
            await Eventually.Until("the guest has it from the new QEMU", () => IsLent(guest));
            await guest.AssertLives(before);
        }
    }

    [Fact(Timeout = 300000)]
    public async Task An_undo_leaves_the_old_QEMU_s_port_and_its_clients_alone()
    {
        Guest guest = await Start("sp-undo", Graphics());
        GuestStatus before = await guest.Status();
        int source = await guest.Pid();
        Guid domain = await Virsh.Uuid(guest.Name);
        await Upgrade(guest);
        await using HeldPoint held = await HeldPoint.Set("perform.moved");
        Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
        await held.Reached();
        Processes.Kill(Assert.Single(Processes.Qemus(domain), pid => pid != source));
        held.LetGo();
        Assert.Equal("undone", (await run).GetProperty("outcome").GetString());
        Assert.Equal(source, await guest.Pid());
        Assert.Equal([source], await Listeners(Port));
        Assert.True(await SpiceClient.IsServed(Local, Port));
        await guest.AssertLives(before);
        Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());
        Assert.True(await SpiceClient.IsServed(Local, Port));
    }

    [Theory(Timeout = 300000)]
    [InlineData("finish.committed")]
    [Variant("confirm.source-ended")]
    [Variant("confirm.restored")]
    public async Task After_the_commit_recovery_opens_the_port(string point)
    {
        Guest guest = await Start("sp-dead", Graphics());
        GuestStatus before = await guest.Status();
        await Upgrade(guest);
        await TheService.View();
        await using HeldPoint held = await HeldPoint.Set(point);
        Task<ShellResult> run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        await held.Reached();
        Processes.Kill(Assert.Single(Processes.Keepers()));
        held.LetGo();
        await run;
        await Eventually.Until("libvirt manages the VM", async () => (await Shell.TryRun("virsh", "-q", "domstate", guest.Name)).Output.Trim() == "running");
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        await Eventually.Until("SPICE is served", () => SpiceClient.IsServed(Local, Port));
        Assert.Equal([await guest.Pid()], await Listeners(Port));
        await guest.AssertLives(before);
    }

    private static string Graphics(string attributes = "", string listen = Local) =>
        $"<graphics type='spice' port='{Port}' autoport='no' {attributes}><listen type='address' address='{listen}'/></graphics>";

    // In the place of the VNC display and its card.
    private static async Task<Guest> Start(string name, string graphics)
    {
        Guest guest = await EditedGuest.Start(
            name, xml => Display().Replace(xml, graphics + Devices), "--ram", "shared", "--machine", "q35", "--mem", "16", "--memory", "128", "--tick", "4");
        await HostViews.Remember(name);
        return guest;
    }

    private static async Task Upgrade(Guest guest)
    {
        await LabHost.Dnf("upgrade", "qemu-kvm");
        _ = await TheService.Until("the service has seen the VM", guest.Name, _ => true);
    }

    private static async Task<bool> IsLent(Guest guest)
    {
        string answer = await Virsh.Monitor(guest.Name, """{"execute":"qom-get","arguments":{"path":"/machine/peripheral/redir0","property":"attached"}}""");
        using var reply = JsonDocument.Parse(answer);
        return reply.RootElement.GetProperty("return").GetBoolean();
    }

    // What waits there is told nothing, not even that nobody listens.
    private static async Task NobodyReaches(int port)
    {
        using var client = new TcpClient();
        Task connecting = client.ConnectAsync(Local, port);
        Assert.NotSame(connecting, await Task.WhenAny(connecting, Task.Delay(1500)));
    }

    private static async Task<int[]> Listeners(int port) =>
        [.. Owner().Matches(await Shell.Run("ss", "-Htlnp", $"sport = :{port}")).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).Distinct()];

    private static async Task<(string Address, int Port)[]> PortsOf(int process) =>
    [
        .. (await Shell.Run("ss", "-Htlnp")).Split('\n').Where(line => line.Contains($"pid={process},", StringComparison.Ordinal))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3])
            .Select(place => (place[..place.LastIndexOf(':')], int.Parse(place[(place.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture))),
    ];

    [GeneratedRegex("<graphics type='vnc'.*?</video>", RegexOptions.Singleline)]
    private static partial Regex Display();

    [GeneratedRegex("pid=([0-9]+)")]
    private static partial Regex Owner();
}
