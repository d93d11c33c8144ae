using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// States that a guest brings about when it likes, a panic or a disk that is full: they are the VM's, which is refused with that reason and left as it
/// is, and never the service's, which has not failed.
/// </summary>
public sealed class GuestStatesTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Full = "/srv/lab-full";

    /// <summary>
    /// What a boot disk begins with. It waits for a byte on the first serial port (3f8h), sends it back and then tells pvpanic (505h) of a panic:
    /// sti; wait: hlt; mov dx,3fdh; in al,dx; test al,1; jz wait; mov dx,3f8h; in al,dx; out dx,al; mov dx,505h; mov al,1; out dx,al; end: hlt; jmp end.
    /// </summary>
    private static readonly byte[] Panics =
    [
        0xfb, 0xf4, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf7, 0xba, 0xf8, 0x03, 0xec, 0xee, 0xba, 0x05, 0x05, 0xb0, 0x01, 0xee, 0xf4, 0xeb, 0xfd,
    ];

    public async Task InitializeAsync()
    {
        HostViews.LookAway();
        await TheService.Reset("[Queue]\nStopAfterFailures=1\n");
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    // Before; once it has been looked at; when all that is left to be done is to stop it.
    [InlineData("")]
    [Variant("prepare.connected")]
    [Variant("quiesce.rechecked")]
    [InlineData("perform.journaled")]
    public async Task A_guest_that_panics_stays_as_it_is(string point)
    {
        string name = "g-panic" + point.Replace('.', '-');
        string console = await StartPanicking(name);
        int process = await Virsh.Pid(name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        JsonElement report;
        if (point.Length == 0)
        {
            await Panic(console);
            await Eventually.Until("it has panicked", async () => await Virsh.State(name) == "crashed");
            Assert.Contains("STATE_BAD", await Shell.Run("virt-handover", "list", "--readiness"), StringComparison.Ordinal);
            report = await RunVerb.Report(name);
        }
        else
        {
            await using HeldPoint held = await HeldPoint.Set(point);
            Task<JsonElement> run = RunVerb.Report(name);
            await held.Reached();
            await Panic(console);
            held.LetGo();
            report = await run;
        }

        Assert.Equal("refused", report.GetProperty("outcome").GetString());
        Assert.Contains("'guest-panicked'", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        // Nobody let it go on, and nobody ended it: its administrator finds what he would look at.
        Assert.Equal((process, "crashed"), (await Virsh.Pid(name), await Virsh.State(name)));
        Assert.Contains("\"guest-panicked\"", await Virsh.Monitor(name, """{"execute":"query-status"}"""), StringComparison.Ordinal);
        Assert.Equal([process], Processes.Qemus(await Virsh.Uuid(name)));
        await AssertGoesOn();
    }

    [Fact(Timeout = 300000)]
    public async Task A_guest_whose_disk_is_full_stays_as_it_is_and_is_handed_over_when_there_is_room()
    {
        Directory.CreateDirectory(Full);
        await Shell.Run("mount", "-t", "tmpfs", "-o", "size=1M,mode=755", "lab", Full);
        try
        {
            const string Name = "g-full";
            string image = $"{Full}/{Name}.qcow2";
            await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", image, "64M");
            Guest guest = await EditedGuest.Boot(
                Name,
                xml => xml.Replace($"/var/lib/libvirt/images/{Name}.qcow2", image, StringComparison.Ordinal)
                    .Replace("cache='none'", "cache='none' error_policy='stop'", StringComparison.Ordinal),
                "--ram", "shared", "--mem", "16", "--memory", "128", "--disk-interval", "5", "--disk-cache", "none");
            await Eventually.Until("its disk is full", async () => await Virsh.State(Name) == "paused");
            Assert.Contains("I/O error", await Virsh.Run("domstate", "--reason", Name), StringComparison.Ordinal);
            int process = await Virsh.Pid(Name);
            await LabHost.Dnf("upgrade", "qemu-kvm");
            JsonElement report = await RunVerb.Report(Name);
            Assert.Equal("refused", report.GetProperty("outcome").GetString());
            Assert.Contains("'io-error'", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
            Assert.Equal((process, "paused"), (await Virsh.Pid(Name), await Virsh.State(Name)));
            Assert.Contains("\"io-error\"", await Virsh.Monitor(Name, """{"execute":"query-status"}"""), StringComparison.Ordinal);
            await AssertGoesOn();

            await Shell.Run("mount", "-o", "remount,size=64M", Full);
            await Virsh.Run("resume", Name);
            GuestStatus before = await guest.Status();
            Assert.Equal("done", (await RunVerb.Report(Name)).GetProperty("outcome").GetString());
            await guest.AssertLives(before);
        }
        finally
        {
            await Virsh.Run("destroy", "g-full");
            await Shell.Run("umount", Full);
        }
    }

    /// <summary>The queue does not take it for a failure of a handover, after the first of which it would pause here.</summary>
    private static async Task AssertGoesOn()
    {
        SmallGuest other = await SmallGuest.Start("g-other", "--ram", "shared", "--no-disk");
        ShellResult result = await Shell.TryRun("virt-handover", "run", other.Name);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.DoesNotContain("paused", await Shell.Run("virt-handover", "queue", "status"), StringComparison.Ordinal);
    }

    private static async Task<string> StartPanicking(string name)
    {
        string image = $"/var/lib/libvirt/images/{name}.qcow2", raw = $"/run/lab/{name}.raw";
        var sector = new byte[1 << 20];
        Panics.CopyTo(sector, 0);
        (sector[510], sector[511]) = (0x55, 0xaa);
        await File.WriteAllBytesAsync(raw, sector);
        await Shell.Run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, image);
        string xml = await Shell.Run(
            "vm", name, "--xml", "--ram", "shared", "--no-net", "--mem", "16", "--memory", "128", "--no-agent", "--device", "<panic model='isa'/>");
        string edited = string.Join('\n', xml.Split('\n').Where(line => !line.Contains("<kernel>", StringComparison.Ordinal)
                && !line.Contains("<initrd>", StringComparison.Ordinal) && !line.Contains("<cmdline>", StringComparison.Ordinal)))
            .Replace("<on_crash>destroy", "<on_crash>preserve", StringComparison.Ordinal)
            .Replace("</os>", "<boot dev='hd'/></os>", StringComparison.Ordinal);
        string file = $"/run/lab/{name}.xml";
        await File.WriteAllTextAsync(file, edited);
        await Virsh.Run("define", file);
        await Virsh.Run("start", name);
        return (await Virsh.Xml(name)).Element("devices")!.Element("serial")!.Element("source")!.Attribute("path")!.Value;
    }

    // Its monitor is taken, and libvirt may be away: what comes back from it came right before the panic. A byte that is sent while it boots is lost.
    private static async Task Panic(string console)
    {
        await using var port = new FileStream(console, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        Task<int> answer = port.ReadAsync(new byte[64]).AsTask();
        await Eventually.Until("it has panicked", async () =>
        {
            await port.WriteAsync("x"u8.ToArray());
            return await Task.WhenAny(answer, Task.Delay(500)) == answer;
        });
    }
}
