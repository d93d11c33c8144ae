using System.Globalization;
using System.Text.Json;
using VirtHandover.Linux;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>What the kernel and libvirt tie to a process: the table in docs/handover.md, row by row, on a real VM.</summary>
public sealed class TiesTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 120000)]
    public async Task The_new_process_has_all_that_the_old_one_had()
    {
        SmallGuest guest = await SmallGuest.Start(
            "t-all", "--ram", "shared", "--vcpus", "2",
            "--element", "<iothreads>1</iothreads>",
            "--element", "<cputune><vcpusched vcpus='0' scheduler='idle'/><vcpusched vcpus='1' scheduler='batch'/><iothreadsched iothreads='1' scheduler='batch'/></cputune>",
            "--element", "<numatune><memory mode='strict' nodeset='0'/></numatune>");
        int source = await Virsh.Pid(guest.Name);
        string number = source.ToString(CultureInfo.InvariantCulture);
        // What libvirt has no element for is set by hand, as an administrator's tools would.
        await Shell.Run("renice", "-n", "3", "-p", number);
        await Shell.Run("ionice", "-c", "2", "-n", "6", "-p", number);
        await File.WriteAllTextAsync($"/proc/{source}/timerslack_ns", "70000");
        await File.WriteAllTextAsync($"/proc/{source}/autogroup", "4");
        await File.WriteAllTextAsync($"/proc/{source}/oom_score_adj", "321");
        await File.WriteAllTextAsync($"/proc/{source}/coredump_filter", "0x13");
        // By its own user, who may lower them: root of a container has no CAP_SYS_RESOURCE for those of others.
        string[] status = await File.ReadAllLinesAsync($"/proc/{source}/status");
        string Id(string name) => status.Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split('\t')[1];
        await Shell.Run(
            "setpriv", "--reuid=" + Id("Uid"), "--regid=" + Id("Gid"), "--clear-groups",
            "prlimit", "--pid", number, "--msgqueue=400000:400000", "--nofile=5000:6000", "--rttime=1000000:2000000");
        await Virsh.Run("schedinfo", guest.Name, "--live", "--set", "cpu_shares=512");
        ProcessTies ties = ProcessTies.Of(source);
        Dictionary<string, ThreadAttributes> threads = await Threads(guest, source);
        Assert.Equal(["5", "3", "3"], ((string[])["vCPU 0", "vCPU 1", "iothread1"]).Select(name => threads[name].Policy.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal((3, 70000UL), (threads["main"].Nice, threads["main"].TimerSlack));
        string log = new FileInfo($"/proc/{source}/fd/2").LinkTarget!;
        string shares = await Virsh.Run("schedinfo", guest.Name, "--live");

        await LabHost.Dnf("upgrade", "qemu-kvm");
        Assert.Equal("done", (await RunVerb.Report(guest.Name, 0)).GetProperty("outcome").GetString());

        int target = await Virsh.Pid(guest.Name);
        Assert.NotEqual(source, target);
        Assert.Empty(ties.Differences(ProcessTies.Of(target)));
        Assert.Equal(threads, await Threads(guest, target));
        Assert.Equal(log, new FileInfo($"/proc/{target}/fd/2").LinkTarget);
        Assert.Equal(shares, await Virsh.Run("schedinfo", guest.Name, "--live"));
        Assert.Equal(target.ToString(CultureInfo.InvariantCulture), (await File.ReadAllTextAsync($"/run/libvirt/qemu/{guest.Name}.pid")).Trim());
    }

    [Fact(Timeout = 120000)]
    public async Task What_cannot_be_given_to_another_process_refuses_before_one_is_started()
    {
        SmallGuest guest = await SmallGuest.Start("t-not", "--ram", "shared");
        int source = await Virsh.Pid(guest.Name);
        // A thread with a deadline makes no others, unless they do not inherit it.
        await Shell.Run("chrt", "--reset-on-fork", "--deadline", "--sched-runtime", "100000", "--sched-deadline", "10000000", "--sched-period", "10000000", "--pid", "0", source.ToString(CultureInfo.InvariantCulture));
        await LabHost.Dnf("upgrade", "qemu-kvm");
        JsonElement report = await RunVerb.Report(guest.Name, 1);
        Assert.Equal("refused", report.GetProperty("outcome").GetString());
        Assert.Contains("PROCESS_DIFF", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Contains("by deadline", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Equal(source, await Virsh.Pid(guest.Name));
    }

    [Theory(Timeout = 120000)]
    // Before the last look of all that is tied to the two, and when only a look that costs the guest nothing is left.
    [InlineData("quiesce.connected", "refused", "PROCESS_DIFF")]
    [InlineData("perform.cards-added", "undone", "The control groups of the new QEMU")]
    public async Task A_target_that_is_somewhere_else_by_then_gets_no_guest(string point, string outcome, string words)
    {
        // A guest that stands still while its handover is held does so within its limit.
        await TheService.Reset("[Handover]\nMaxPause=30s\nMaxOutage=60s\n");
        SmallGuest guest = await SmallGuest.Start("t-moved", "--ram", "shared");
        int source = await Virsh.Pid(guest.Name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await using HeldPoint held = await HeldPoint.Set(point);
        Task<JsonElement> run = RunVerb.Report(guest.Name, 1);
        await held.Reached();
        int target = Processes.Qemus(guest.Uuid).Single(process => process != source);
        Cgroups before = Cgroups.OfProcess(target);
        foreach (CgroupPlace place in before.Places)
        {
            // Out of the VM's group, as a service manager that adopts it would.
            string above = place.Mount + Path.GetDirectoryName(place.Path)!.TrimEnd('/');
            string other = Directory.CreateDirectory(Path.Combine(above, "elsewhere")).FullName;
            foreach (string file in new[] { "cpuset.cpus", "cpuset.mems" }.Where(file => File.Exists(Path.Combine(other, file)) && place.Unified is false))
                await File.WriteAllTextAsync(Path.Combine(other, file), await File.ReadAllTextAsync(Path.Combine(above, file)));
            await File.WriteAllTextAsync(Path.Combine(other, "cgroup.procs"), target.ToString(CultureInfo.InvariantCulture));
        }

        Assert.NotEqual(before.Paths, Cgroups.OfProcess(target).Paths);
        held.LetGo();
        JsonElement report = await run;
        Assert.Equal(outcome, report.GetProperty("outcome").GetString());
        Assert.Contains(words, report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Equal((source, "running"), (await Virsh.Pid(guest.Name), await Virsh.State(guest.Name)));
        Assert.Equal([source], Processes.Qemus(guest.Uuid));
    }

    /// <summary>Of the threads that libvirt knows, by what they do.</summary>
    private static async Task<Dictionary<string, ThreadAttributes>> Threads(SmallGuest guest, int process)
    {
        var threads = new Dictionary<string, ThreadAttributes> { ["main"] = ThreadAttributes.Of(process) };
        foreach (var (command, name, prefix) in new[] { ("query-cpus-fast", "cpu-index", "vCPU "), ("query-iothreads", "id", "") })
        {
            using var reply = JsonDocument.Parse(await Virsh.Monitor(guest.Name, $$"""{"execute":"{{command}}"}"""));
            foreach (JsonElement thread in reply.RootElement.GetProperty("return").EnumerateArray())
                threads[prefix + thread.GetProperty(name)] = ThreadAttributes.Of(thread.GetProperty("thread-id").GetInt32());
        }

        return threads;
    }
}
