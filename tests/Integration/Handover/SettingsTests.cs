using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>
/// What virsh has set on a running VM is still set after it was handed over: libvirt and QEMU say the same before and after
/// (<see cref="HostViews"/>, which every handover of a test passes), and what no question reaches is tried.
/// </summary>
public sealed class SettingsTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Second = "/var/lib/libvirt/images/set-b.qcow2";

    public async Task InitializeAsync()
    {
        await TheService.Reset("[Handover]\nMaxPause=8s\n");
        await host.Reset();
        File.Delete(Second);
        await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", Second, "8M");
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [InlineData("shared")]
    [InlineData("private")]
    public async Task Everything_that_virsh_can_set_is_there_after_two_handovers(string ram)
    {
        Guest guest = await Start("set-" + ram, ram);
        GuestStatus before = await guest.Status();
        string[] cards = await Cards(guest);
        await Virsh.Run("blkdeviotune", guest.Name, "vda", "--total-bytes-sec", "50000000", "--total-bytes-sec-max", "60000000", "--total-bytes-sec-max-length", "2", "--live");
        await Virsh.Run("blkdeviotune", guest.Name, "vdb", "--total-iops-sec", "400", "--live");
        await Virsh.Run("domblkthreshold", guest.Name, "vda", "1000000000");
        await Virsh.Run(
            "iothreadset", guest.Name, "1", "--poll-max-ns", "4000", "--poll-grow", "3", "--poll-shrink", "2", "--thread-pool-min", "70", "--thread-pool-max", "80");
        await Virsh.Run("iothreadset", guest.Name, "2", "--poll-max-ns", "0");
        await Virsh.Run("set-lifecycle-action", guest.Name, "reboot", "destroy", "--live");
        await Virsh.Run("dommemstat", guest.Name, "--period", "7", "--live");
        await Virsh.Run("vcpupin", guest.Name, "0", "0", "--live");
        await Virsh.Run("emulatorpin", guest.Name, "0", "--live");
        await Virsh.Run("iothreadpin", guest.Name, "1", "1", "--live");
        await Virsh.Run("schedinfo", guest.Name, "--live", "--set", "cpu_shares=512", "--set", "vcpu_period=50000", "--set", "vcpu_quota=45000", "--set", "iothread_quota=45000");
        await Virsh.Run("memtune", guest.Name, "--hard-limit", "4194304", "--soft-limit", "3145728", "--live");
        // What 'virsh domiftune' does with a tap; the kernels that this is developed on have not all that libvirt's own way needs.
        await Shell.Run("tc", "qdisc", "replace", "dev", cards[0], "root", "handle", "7:", "pfifo", "limit", "777");
        await Virsh.Run("migrate-setmaxdowntime", guest.Name, "700");
        await Virsh.Run("migrate-compcache", guest.Name, "--size", "33554432");
        await Virsh.Run("desc", guest.Name, "--live", "--title", "a title");
        await Virsh.Run("blkiotune", guest.Name, "--weight", "500", "--live");
        await Virsh.Run("numatune", guest.Name, "--nodeset", "0", "--live");
        await Virsh.Run("perf", guest.Name, "--enable", "page_faults,task_clock", "--live");
        await Virsh.Run("guest-agent-timeout", guest.Name, "--timeout", "7");
        await Virsh.Run("blockresize", guest.Name, Second, "12M");
        await Update(guest, cards[1], new XElement("link", new XAttribute("state", "down")));
        await Virsh.Run("setmem", guest.Name, "170M", "--live");
        await Eventually.Until("the balloon is blown up", async () => (await Virsh.Run("dommemstat", guest.Name)).Contains($"actual {170 << 10}", StringComparison.Ordinal));
        // libvirt hears of it from an event, which QEMU sends once a second at most.
        await Eventually.Until("libvirt knows it", async () => (await Virsh.Run("dominfo", guest.Name)).Contains($"{170 << 10} KiB", StringComparison.Ordinal));
        string shaping = await Shell.Run("tc", "qdisc", "show", "dev", cards[0]);
        await LabHost.Dnf("upgrade", "qemu-kvm");

        await Run(guest);
        GuestStatus after = await guest.AssertLives(before);
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        Assert.Equal(shaping, await Shell.Run("tc", "qdisc", "show", "dev", cards[0]));
        await Run(guest);
        await guest.AssertLives(after);

        // The views could be equal because both are empty.
        string disks = await Virsh.Monitor(guest.Name, """{"execute":"query-block"}""");
        foreach (string limit in (string[])["\"bps\":50000000", "\"bps_max\":60000000", "\"bps_max_length\":2", "\"iops\":400", "\"group\":\"gold\""])
            Assert.Contains(limit, disks, StringComparison.Ordinal);
        Assert.Contains("\"write_threshold\":1000000000", await Virsh.Monitor(guest.Name, """{"execute":"query-named-block-nodes"}"""), StringComparison.Ordinal);
        Assert.Contains("\"poll-max-ns\":4000", await Virsh.Monitor(guest.Name, """{"execute":"query-iothreads"}"""), StringComparison.Ordinal);
        Assert.Contains("\"return\":70", await Virsh.Monitor(guest.Name, """{"execute":"qom-get","arguments":{"path":"/objects/iothread1","property":"thread-pool-min"}}"""), StringComparison.Ordinal);
        Assert.Contains("700", await Virsh.Run("migrate-getmaxdowntime", guest.Name), StringComparison.Ordinal);
        Assert.Matches("weight +: 500", await Virsh.Run("blkiotune", guest.Name));
        Assert.Matches("numa_nodeset +: 0", await Virsh.Run("numatune", guest.Name));
        // With -q virsh says nothing of them.
        Assert.Matches("page_faults +: enabled", await Shell.Run("virsh", "perf", guest.Name));
        Assert.Contains("perf.task_clock=", await Virsh.Run("domstats", guest.Name, "--perf"), StringComparison.Ordinal);
        Assert.Contains("<agentTimeout>7</agentTimeout>", await File.ReadAllTextAsync($"/run/libvirt/qemu/{guest.Name}.xml"), StringComparison.Ordinal);
        Assert.Contains($"{12 << 20}", await Virsh.Run("domblkinfo", guest.Name, "vdb"), StringComparison.Ordinal);
        Assert.Contains("down", await Virsh.Run("domif-getlink", guest.Name, cards[1]), StringComparison.Ordinal);

        // QEMU does not tell what it does at a reset; so it is reset. It may be gone before libvirt has its answer, with or without a handover.
        ShellResult reset = await Shell.TryRun("virsh", "-q", "reset", guest.Name);
        Assert.True(reset.ExitCode == 0 || reset.Error.Contains("monitor", StringComparison.Ordinal), reset.Error);
        await Eventually.Until("a reset ends the VM, as it was told", async () => await Virsh.State(guest.Name) == "shut off");
    }

    [Fact(Timeout = 300000)]
    public async Task A_clock_that_the_guest_sets_afterwards_is_off_by_what_it_set()
    {
        Guest guest = await Start("set-clock", "shared", "--element", "<clock offset='variable' adjustment='3600' basis='utc'/>");
        GuestStatus before = await guest.Status();
        await guest.AgentAnswers();
        await SetClock(guest, 1000);
        Assert.InRange(await Adjustment(guest), 997, 1003);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        for (int times = 1; times <= 2; times++)
        {
            // With the source's date the process's age would be added.
            int pid = await guest.Pid();
            await Eventually.Until("the QEMU is old enough", () =>
                Task.FromResult(TimeProvider.System.GetUtcNow() - HostBoot.TimeOf(ProcessStartTime.Read(ProcRoot.Host, pid), TimeProvider.System) > TimeSpan.FromSeconds(12)));
            await Run(guest);
            Assert.InRange(await Adjustment(guest), times * 1000 - 3, times * 1000 + 3);
            await guest.AgentAnswers();
            await SetClock(guest, (times + 1) * 1000);
            Assert.InRange(await Adjustment(guest), (times + 1) * 1000 - 3, (times + 1) * 1000 + 3);
        }

        await guest.AssertLives(before);
    }

    [Theory(Timeout = 120000)]
    [InlineData("websocket='5799'", "VNC_WEBSOCKET")]
    public async Task What_cannot_be_carried_is_refused(string attribute, string code)
    {
        Guest guest = await Guest.Start(
            "set-no", "--ram", "shared", "--mem", "16", "--memory", "128", "--no-vga", "--device", $"<graphics type='vnc' port='5999' listen='127.0.0.1' {attribute}/>");
        ShellResult result = await Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(code, result.Output, StringComparison.Ordinal);
        Assert.Equal("running", await Virsh.State(guest.Name));
    }

    [Fact(Timeout = 300000)]
    public async Task A_setting_that_is_made_while_the_twin_is_prepared_is_not_lost()
    {
        Guest guest = await Start("set-late", "shared");
        GuestStatus before = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (string[] late in (string[][])
        [
            ["iothreadset", guest.Name, "1", "--poll-max-ns", "4001"], ["vcpupin", guest.Name, "1", "1", "--live"], ["domblkthreshold", guest.Name, "vda", "2000000"],
        ])
        {
            await using Chaos.HeldPoint held = await Chaos.HeldPoint.Set("prepare.journaled");
            Task<ShellResult> run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
            await held.Reached();
            await Virsh.Run(late);
            held.LetGo();
            ShellResult result = await run;
            Assert.Equal(1, result.ExitCode);
            Assert.Contains("was changed while its handover was being prepared", result.Output, StringComparison.Ordinal);
            Assert.Equal(host.OldVersion, await guest.RunningVersion());
        }

        await TheService.Reset("[Handover]\nMaxPause=8s\n");
        await Run(guest);
        await guest.AssertLives(before);
        Assert.Contains("\"poll-max-ns\":4001", await Virsh.Monitor(guest.Name, """{"execute":"query-iothreads"}"""), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60000)]
    public async Task Virsh_has_no_command_that_the_page_says_nothing_about()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(Here())!, "../../../docs/settings.md"));
        foreach (string group in (string[])["domain", "monitor", "snapshot", "checkpoint", "backup"])
        {
            string[] commands = [.. LabHost.Lines(await Shell.Run("virsh", "help", group))[1..].Select(line => line.Trim().Split(' ')[0]).Where(name => name.Length > 0)];
            Assert.NotEmpty(commands);
            Assert.All(commands, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
        }
    }

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string path = "") => path;

    private static Task<Guest> Start(string name, string ram, params string[] options) => Guest.Start(
        name,
        [
            "--ram", ram, "--vcpus", "2", "--mem", "16", "--memory", "192", "--no-vga",
            "--element", "<iothreads>2</iothreads>",
            "--device", $"<disk type='file'><driver name='qemu' type='qcow2' iothread='1'/><source file='{Second}'/><target dev='vdb' bus='virtio'/>"
                + "<iotune><total_iops_sec>300</total_iops_sec><group_name>gold</group_name></iotune></disk>",
            "--device", "<graphics type='vnc' autoport='yes' listen='127.0.0.1' passwd='secret'/>",
            "--device", "<interface type='bridge'><source bridge='vhbr0'/><model type='rtl8139'/></interface>",
            .. options,
        ]);

    private static async Task<string[]> Cards(Guest guest) =>
        [.. (await Virsh.Xml(guest.Name)).Descendants("interface").Select(card => card.Element("target")!.Attribute("dev")!.Value)];

    /// <summary>A card as libvirt tells it, with one element more.</summary>
    private static async Task Update(Guest guest, string card, XElement more)
    {
        XElement device = (await Virsh.Xml(guest.Name)).Descendants("interface").Single(one => one.Element("target")!.Attribute("dev")!.Value == card);
        device.Add(more);
        string file = Path.Combine(Path.GetTempPath(), guest.Name + "-card.xml");
        await File.WriteAllTextAsync(file, device.ToString());
        await Virsh.Run("update-device", guest.Name, file, "--live");
        File.Delete(file);
    }

    private static async Task SetClock(Guest guest, int ahead)
    {
        string time = (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + ahead).ToString(CultureInfo.InvariantCulture);
        await Virsh.Run("domtime", guest.Name, "--time", time);
        // libvirt hears of it by an event.
        await Eventually.Until("libvirt has heard of it", async () => Math.Abs(await Adjustment(guest) - ahead) <= 3, TimeSpan.FromSeconds(10));
    }

    private static async Task<int> Adjustment(Guest guest) => int.Parse(
        (await Virsh.Xml(guest.Name)).Element("clock")!.Attribute("adjustment")!.Value, CultureInfo.InvariantCulture);

    private static async Task Run(Guest guest)
    {
        ShellResult result = await Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        using var json = JsonDocument.Parse(result.Output);
        JsonElement report = json.RootElement.GetProperty("report");
        Assert.Equal("done", report.GetProperty("outcome").GetString());
        Assert.DoesNotContain("NOT_RESTORED", report.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
    }
}
