using VirtHandover.Handover.Records;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A QEMU process that gives itself another VM's UUID, and leads its own monitor's name to that VM's monitor: a handover of it stopped the
/// other VM and copied its memory. It is refused, and the other one has noticed nothing.
/// </summary>
public sealed class SecondUuidTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await Refusal.Forgotten();
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_VM_with_two_UUIDs_is_refused_and_the_other_VM_runs_on(bool isNoted)
    {
        if (isNoted)
            _ = await TheService.View();
        SmallGuest evil = await SmallGuest.Start("s-evil", "--ram", "private", "--no-disk");
        SmallGuest victim = await SmallGuest.Start("s-victim", "--ram", "private", "--no-disk");
        if (isNoted)
            _ = await Refusal.Noted(evil.Name);
        string old = "-sandbox\0" + LineCheck.Sandbox + '\0';
        string start = $"-uuid\0{victim.Uuid}\0-echr\0";
        HostileProcess.RewriteArguments(evil.Status.ProcessId, old, start + "0x" + new string('0', old.Length - start.Length - 4) + "1\0");
        string monitor = evil.Status.MonitorPath;
        await Shell.Run("mv", monitor, monitor + ".mine");
        await Shell.Run("ln", "-s", victim.Status.MonitorPath, monitor);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        int process = victim.Status.ProcessId;
        await Refusal.Expect(evil, isNoted ? "CMDLINE_CHANGED" : "CMDLINE_FOREIGN");
        Assert.Equal((process, "running"), (victim.Status.ProcessId, await Virsh.State(victim.Name)));
        Assert.Contains("\"return\":{}", await Virsh.Monitor(victim.Name, """{"execute":"query-migrate"}"""), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300000)]
    public async Task A_VM_with_another_VMs_UUID_alone_is_refused_and_nothing_is_noted_under_its_name()
    {
        SmallGuest evil = await SmallGuest.Start("s-evil", "--ram", "shared", "--no-disk");
        SmallGuest victim = await SmallGuest.Start("s-victim", "--ram", "shared", "--no-disk");
        HostileProcess.RewriteArguments(evil.Status.ProcessId, $"-uuid\0{evil.Uuid}", $"-uuid\0{victim.Uuid}");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await Refusal.Expect(evil, "is not the QEMU of");
        Assert.DoesNotContain(Directory.EnumerateFiles("/run/virt-handover/records"), file => file.Contains(evil.Uuid.ToString(), StringComparison.Ordinal));
        await Shell.Run("virt-handover", "run", victim.Name);
    }
}
