using VirtHandover.Handover.Records;
using VirtHandover.Linux.Proc;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>A handover of a VM whose process lies: refused with the reason, and everything is as it was.</summary>
internal static class Refusal
{
    /// <summary>Waits until the service has noted how the VM's QEMU was started; starts the service when it does not run.</summary>
    public static async Task<DomainRecord> Noted(string domain)
    {
        _ = await TheService.View();
        var (uuid, process) = (await Virsh.Uuid(domain), ProcessIdentity.Read(ProcRoot.Host, await Virsh.Pid(domain)));
        Task<DomainRecord?> Read() => Task.FromResult(DomainRecords.Host.Read(uuid, process));
        return (await Eventually.Get($"the service has noted {domain}", Read, record => record is not null))!;
    }

    /// <summary>Nobody knows how the VM was started, as on a host where virt-handover is just being installed.</summary>
    public static async Task Forgotten()
    {
        await TheService.Stop();
        if (Directory.Exists("/run/virt-handover/records"))
            Directory.Delete("/run/virt-handover/records", recursive: true);
    }

    /// <summary>Hands over, rehearses and expects the refusal, twice: what was refused once must not be believed the second time.</summary>
    public static async Task Expect(SmallGuest guest, string code)
    {
        int process = await Virsh.Pid(guest.Name);
        string libvirt = await File.ReadAllTextAsync("/run/libvirtd.pid");
        IReadOnlyList<string> qemus = Qemus();
        foreach (string[] options in (string[][])[["--dry-run"], [], []])
        {
            ShellResult result = await Shell.TryRun("virt-handover", ["run", guest.Name, "--json", .. options]);
            Assert.True(result.ExitCode != 0, result.Output + result.Error);
            Assert.Contains(code, result.Output + result.Error, StringComparison.Ordinal);
        }

        Assert.Equal((process, "running"), (await Virsh.Pid(guest.Name), await Virsh.State(guest.Name)));
        // Nothing was started beside it, and libvirt was never away.
        Assert.Equal(qemus, Qemus());
        Assert.Equal(libvirt, await File.ReadAllTextAsync("/run/libvirtd.pid"));
    }

    // By what the kernel says that they execute; what they say themselves is what these tests are about.
    public static IReadOnlyList<string> Qemus() =>
    [
        .. Directory.EnumerateDirectories("/proc").Where(directory => char.IsAsciiDigit(Path.GetFileName(directory)[0])
            && (new FileInfo(directory + "/exe").LinkTarget ?? "").Contains("qemu", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];
}
