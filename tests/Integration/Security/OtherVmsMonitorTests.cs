using System.Net.Sockets;
using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>A VM whose monitor's name leads to somebody else's: nobody else's monitor is ever spoken to, and both VMs run on.</summary>
public sealed class OtherVmsMonitorTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private static readonly string[] Small = ["--ram", "private", "--no-disk"];

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 240000)]
    [InlineData("link")]
    [Variant("link to the directory")]
    public async Task A_link_to_another_VM_s_monitor_is_not_followed(string what)
    {
        SmallGuest evil = await SmallGuest.Start("m-evil", Small), victim = await SmallGuest.Start("m-victim", Small);
        int old = await Virsh.Pid(evil.Name), process = await Virsh.Pid(victim.Name);
        string libvirt = await File.ReadAllTextAsync("/run/libvirtd.pid");
        string mine = evil.Status.MonitorPath, its = victim.Status.MonitorPath;
        (string from, string to) = what == "link" ? (mine, its) : (Path.GetDirectoryName(mine)!, Path.GetDirectoryName(its)!);
        Directory.Move(from, from + ".mine");
        File.CreateSymbolicLink(from, to);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        JsonElement report = await RunVerb.Report(evil.Name, 1);
        Assert.Contains(what == "link" ? "is no socket" : "symbolic link", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        await RunsOn(victim, process);
        // libvirt, which follows the link, was never sent to it: it was not stopped.
        Assert.Equal(libvirt, await File.ReadAllTextAsync("/run/libvirtd.pid"));
        File.Delete(from);
        Directory.Move(from + ".mine", from);
        Assert.Equal((old, "running"), (await Virsh.Pid(evil.Name), await Virsh.State(evil.Name)));
        Assert.Equal("done", (await RunVerb.Report(evil.Name, 0)).GetProperty("outcome").GetString());
        await RunsOn(victim, process);
    }

    [Theory(Timeout = 240000)]
    [Variant("prepare.spawned")]
    [InlineData("quiesce.daemon-stopped")]
    [InlineData("confirm.journaled")]
    public async Task A_monitor_that_is_swapped_meanwhile_changes_nothing(string point)
    {
        SmallGuest evil = await SmallGuest.Start("m-swap", "--ram", "shared", "--no-disk"), victim = await SmallGuest.Start("m-other", Small);
        int old = await Virsh.Pid(evil.Name), process = await Virsh.Pid(victim.Name);
        string mine = evil.Status.MonitorPath;
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await using HeldPoint held = await HeldPoint.Set(point);
        Task<ShellResult> running = Shell.TryRun("virt-handover", "run", evil.Name, "--json");
        await held.Reached();
        // A process of QEMU's user listens under its name.
        using Socket impostor = Impostor(mine);
        held.LetGo();
        ShellResult result = await running;
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.NotEqual(old, await Virsh.Pid(evil.Name));
        Assert.Equal("running", await Virsh.State(evil.Name));
        Assert.False(impostor.Poll(0, SelectMode.SelectRead), "Somebody has connected to the impostor.");
        await RunsOn(victim, process);
    }

    [Fact(Timeout = 240000)]
    public async Task A_process_that_listens_under_the_monitor_s_name_is_sent_nothing()
    {
        SmallGuest evil = await SmallGuest.Start("m-fake", Small), victim = await SmallGuest.Start("m-third", Small);
        int process = await Virsh.Pid(victim.Name);
        string mine = evil.Status.MonitorPath;
        using Socket impostor = Impostor(mine);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        JsonElement report = await RunVerb.Report(evil.Name, 1);
        Assert.Contains("nothing was sent to it", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        using Socket first = await impostor.AcceptAsync();
        Assert.Equal(0, await first.ReceiveAsync(new byte[16]));
        await RunsOn(victim, process);
    }

    [Theory(Timeout = 240000)]
    [InlineData("link")]
    [Variant("link to the directory")]
    public async Task Nor_does_libvirt_follow_one_of_a_third_VM_when_it_comes_back(string what)
    {
        // The names are read in order: the evil one before its victim.
        SmallGuest evil = await SmallGuest.Start("m-evil", Small), moved = await SmallGuest.Start("m-moved", "--ram", "shared", "--no-disk"),
            victim = await SmallGuest.Start("m-victim", Small);
        int mine = evil.Status.ProcessId, process = await Virsh.Pid(victim.Name), old = await Virsh.Pid(moved.Name);
        (string from, string to) = (evil.Status.MonitorPath, victim.Status.MonitorPath);
        if (what != "link")
            (from, to) = (Path.GetDirectoryName(from)!, Path.GetDirectoryName(to)!);
        Directory.Move(from, from + ".mine");
        File.CreateSymbolicLink(from, to);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Assert.Equal("done", (await RunVerb.Report(moved.Name, 0)).GetProperty("outcome").GetString());
        Assert.NotEqual(old, await Virsh.Pid(moved.Name));
        await RunsOn(victim, process);
        Assert.False(new FileInfo(from).LinkTarget is not null, $"{from} is still a link.");
        // libvirt has no monitor for it, and ends it, as it does with any whose monitor is gone.
        await Eventually.Until("libvirt has ended the evil one", async () => await Virsh.State(evil.Name) == "shut off");
        Assert.False(Directory.Exists($"/proc/{mine}"));
    }

    private static Socket Impostor(string path)
    {
        File.Move(path, path + ".mine");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // By another name first: .NET removes the one that a socket was bound to.
        socket.Bind(new UnixDomainSocketEndPoint(path + ".x"));
        socket.Listen();
        File.Move(path + ".x", path);
        return socket;
    }

    private static async Task RunsOn(SmallGuest guest, int process)
    {
        Assert.Equal((process, "running"), (await Virsh.Pid(guest.Name), await Virsh.State(guest.Name)));
        // Its own monitor is libvirt's, and it has sent its memory nowhere.
        Assert.Contains("\"running\"", await Virsh.Monitor(guest.Name, """{"execute":"query-status"}"""), StringComparison.Ordinal);
        Assert.DoesNotContain("\"status\":\"", (await Virsh.Monitor(guest.Name, """{"execute":"query-migrate"}""")).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
