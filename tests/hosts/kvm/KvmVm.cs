using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>A VM of the KVM host, with the lab's guest in it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Number">The last part of its address.</param>
/// <param name="Program">What starts it: a program of <c>inside</c>.</param>
/// <param name="Options">Of that program.</param>
internal sealed partial record KvmVm(string Name, int Number, string Program, string Options)
{
    private string Address => $"10.77.0.{Number}";

    public Task Start(KvmHost host) => host.Run($"{Program} {Name} {Number} {Options}");

    public async Task<GuestStatus> Status(KvmHost host) => GuestStatus.Parse(await host.Run($"probe status {Address} 240"));

    /// <summary>The guest's clocks beside the host's.</summary>
    public async Task<GuestClocks> Clocks(KvmHost host) => GuestClocks.Parse(await host.Run($"probe clock {Address} 240"));

    /// <summary>Waits until the guest went on at everything it does, and asserts that nothing of it was ever wrong.</summary>
    public async Task<GuestStatus> AssertLives(KvmHost host, GuestStatus earlier)
    {
        GuestStatus now = await Status(host);
        now.AssertContinues(earlier);
        GuestStatus later = await Eventually.Get(
            $"the guest {Name}: its counter, memory and disk go on", () => Status(host),
            status => status.Counter > now.Counter + 100 && status.MemoryChunks > now.MemoryChunks && status.DiskWrites > now.DiskWrites, KvmHost.Limit);
        later.AssertContinues(now);
        return later;
    }

    /// <summary>The process that libvirt holds for its QEMU.</summary>
    public async Task<int> Pid(KvmHost host) =>
        int.Parse(await host.Run($"sed -n \"s/^<domstatus .*pid='\\([0-9]*\\)'.*/\\1/p\" /run/libvirt/qemu/{Name}.xml"), CultureInfo.InvariantCulture);

    /// <summary>
    /// What keeps its QEMU in its bounds, and what the host does for it: AppArmor's profile, user, capabilities, seccomp, control group. Not the bounding
    /// set: it gets smaller, to that of the service's unit.
    /// </summary>
    public async Task<string> Confinement(KvmHost host)
    {
        int pid = await Pid(host);
        return await host.Run(
            $"cd /proc/{pid} && tr -d '\\0' < attr/current && grep -E '^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Seccomp)' status && cat cgroup oom_score_adj && ls -l ns | sed 's/.*-> //'");
    }

    /// <summary>libvirt's live definition, but for the pseudo terminals: those are documented to change.</summary>
    public async Task<string> Xml(KvmHost host) => PseudoTerminal().Replace(await host.Run($"virsh -q dumpxml {Name}"), "/dev/pts/N");

    /// <summary>Whether its process runs the very file that is installed.</summary>
    public async Task<bool> IsOnNewQemu(KvmHost host) => (await host.TryRun($"[ /proc/{await Pid(host)}/exe -ef /usr/bin/qemu-system-x86_64 ]")).ExitCode == 0;

    public async Task<string> State(KvmHost host) => (await host.Run($"virsh -q domstate {Name}")).Trim();

    /// <summary>Hands it over; the end of it must be as asked, and to libvirt and to its own monitor it must be what it was.</summary>
    public async Task<HandedOver> HandOver(KvmHost host, string outcome = "done")
    {
        Assert.True(await host.Views.Remember(Name), $"{Name} could not be looked at before its handover.");
        (int _, string output, string error) = await host.TryRun($"virt-handover run {Name} --json");
        Assert.True(output.TrimStart().StartsWith('{'), output + error);
        using var json = JsonDocument.Parse(output);
        var result = HandedOver.Parse(json.RootElement.GetProperty("report"));
        Assert.True(result.Outcome == outcome, $"{Name}: {result.Outcome}, not {outcome}. {result.Sentence} {result.Findings}");
        IReadOnlyList<string> differences = await host.Views.Check(Name);
        Assert.True(differences.Count == 0, $"After its handover {Name} is not what it was:\n{string.Join('\n', differences)}");
        return result;
    }

    /// <summary>Sees to it that it runs on the new QEMU.</summary>
    public async Task<GuestStatus> OnNewQemu(KvmHost host)
    {
        if (!await IsOnNewQemu(host))
            await HandOver(host);
        return await Status(host);
    }

    [GeneratedRegex("/dev/pts/[0-9]+")]
    private static partial Regex PseudoTerminal();
}
