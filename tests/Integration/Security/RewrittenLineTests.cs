using VirtHandover.Handover.Records;
using VirtHandover.Linux.Proc;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A QEMU process that rewrites its command line: without <c>-sandbox</c> its successor would run without a system call filter, with other files
/// it would open others. It is refused, whether the service had seen it before or not.
/// </summary>
public sealed class RewrittenLineTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private static readonly string s_off = "off" + LineCheck.Sandbox["on".Length..^1];

    private static readonly Dictionary<string, Action<int, string>> Lies = new(StringComparer.Ordinal)
    {
        ["its sandbox is switched off"] = (process, _) => HostileProcess.RewriteArguments(process, LineCheck.Sandbox + '\0', s_off + '\0'),
        ["its sandbox is another option"] = (process, _) => HostileProcess.RewriteArguments(process, "-sandbox\0on,", "-machine\0on,"),
        ["its disk is another"] = (process, name) => HostileProcess.RewriteArguments(process, $"/images/{name}.qcow2", $"/images/{name}.QCOW2"),
        ["its kernel is root's"] = (process, _) => HostileProcess.RewriteArguments(process, "-kernel\0/var/lab/", "-kernel\0/etc/lab/"),
        ["an option was added"] = (process, _) => HostileProcess.AddArguments(process, "-runas", "root"),
        ["a port was added"] = (process, _) => HostileProcess.AddArguments(process, "-chardev", "file,id=x,path=/etc/x"),
    };

    public static TheoryData<string> Names => [.. Lies.Keys];

    public async Task InitializeAsync()
    {
        await Refusal.Forgotten();
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [MemberData(nameof(Names))]
    public async Task What_is_rewritten_afterwards_is_refused(string lie)
    {
        _ = await TheService.View();
        SmallGuest guest = await SmallGuest.Start("s-line", "--ram", "shared");
        DomainRecord record = await Refusal.Noted(guest.Name);
        Assert.Equal((true, false), (record.IsChecked, record.IsLate));
        Lies[lie](guest.Status.ProcessId, guest.Name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Refusal.Expect(guest, "CMDLINE_CHANGED");
    }

    [Theory(Timeout = 300000)]
    [MemberData(nameof(Names))]
    public async Task What_was_rewritten_before_anybody_looked_is_refused(string lie)
    {
        SmallGuest guest = await SmallGuest.Start("s-line", "--ram", "shared");
        Lies[lie](guest.Status.ProcessId, guest.Name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Refusal.Expect(guest, "CMDLINE_FOREIGN");
        // What was refused is not forgotten with the service.
        await TheService.Stop();
        await Refusal.Expect(guest, "CMDLINE_FOREIGN");
    }

    [Fact(Timeout = 300000)]
    public async Task What_tells_the_truth_is_handed_over_by_what_was_noted()
    {
        SmallGuest late = await SmallGuest.Start("s-late", "--ram", "shared");
        await Eventually.Until("it is older than a VM that has just started", () => Task.FromResult(Age(late.Status.ProcessId) > TimeSpan.FromSeconds(12)));
        _ = await TheService.View();
        SmallGuest early = await SmallGuest.Start("s-early", "--ram", "shared");
        Assert.True((await Refusal.Noted(late.Name)).IsLate);
        Assert.False((await Refusal.Noted(early.Name)).IsLate);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (var (guest, isLate) in ((SmallGuest, bool)[])[(late, true), (early, false)])
        {
            string before = await File.ReadAllTextAsync($"/proc/{guest.Status.ProcessId}/environ");
            string report = await Shell.Run("virt-handover", "run", guest.Name, "--json");
            Assert.Equal(isLate, report.Contains("CMDLINE_LATE", StringComparison.Ordinal));
            // The next one goes by what this one has started, and so does the one after.
            DomainRecord record = await Refusal.Noted(guest.Name);
            Assert.Equal((true, isLate, guest.Status.ProcessId), (record.IsChecked, record.IsLate, record.Process.ProcessId));
            Assert.Equal(Own(before).Order(), Own(await File.ReadAllTextAsync($"/proc/{guest.Status.ProcessId}/environ")).Order());
            await Shell.Run("virt-handover", "run", guest.Name);
            HostileProcess.RewriteArguments(guest.Status.ProcessId, LineCheck.Sandbox + '\0', s_off + '\0');
            await Refusal.Expect(guest, "CMDLINE_CHANGED");
        }

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode("/run/virt-handover/records"));
        await Virsh.Run("destroy", late.Name);
        await Eventually.Until("what has ended is forgotten", () => Task.FromResult(Directory.EnumerateFiles("/run/virt-handover/records").Count() == 1));
    }

    private static IEnumerable<string> Own(string environment) =>
        environment.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(variable => variable.Split('=')[0] is not ("PWD" or "OLDPWD" or "SHLVL" or "_"));

    private static TimeSpan Age(int process) =>
        TimeProvider.System.GetUtcNow() - VirtHandover.Linux.HostBoot.TimeOf(ProcessIdentity.Read(ProcRoot.Host, process).StartTime, TimeProvider.System);
}
