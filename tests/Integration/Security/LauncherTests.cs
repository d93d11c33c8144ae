using System.Text.Json;
using VirtHandover.Linux.Proc;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// What is started beside a QEMU that has been taken over, or for a domain that somebody edits: nothing of theirs runs as root, and the new
/// QEMU gets what libvirt gave the old one, or none is started.
/// </summary>
public sealed class LauncherTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    /// <summary>Everybody may write it, so that whoever runs leaves his mark.</summary>
    private const string Mark = "/run/lab/mark";

    /// <summary>Other programs in the place of those that a chain of tools would use.</summary>
    private const string Covered = "for tool in prlimit nsenter setpriv; do mount --bind /srv/lab-w/tool /usr/bin/$tool; done;";

    public async Task InitializeAsync()
    {
        await TheService.Reset("[Queue]\nStopAfterFailures=0\n");
        await host.Reset();
        await File.WriteAllTextAsync(Mark, "");
        await Shell.Run("chmod", "666", Mark);
    }

    public async Task DisposeAsync()
    {
        if (Directory.Exists(HostileQemu.Tools))
            Directory.Delete(HostileQemu.Tools, recursive: true);
        await TheService.Reset();
    }

    [Theory(Timeout = 180000)]
    [InlineData("file", "chown 4242 /srv/lab-m/qemu")]
    [InlineData("directory", "chown 4242 /srv/lab-m")]
    [InlineData("group", "chgrp 4242 /srv/lab-m && chmod 775 /srv/lab-m")]
    [InlineData("link", "mv /srv/lab-m/qemu /srv/lab-m/real && ln -s real /srv/lab-m/qemu && chown -h 4242 /srv/lab-m/qemu")]
    [InlineData("sticky", "chmod 1777 /srv/lab-m")]
    public async Task An_emulator_that_somebody_else_can_change_is_not_run(string name, string harm)
    {
        string emulator = await HostileQemu.Script(
            "/srv/lab-m/qemu", $"[ \"$(id -u)\" = 0 ] && echo \"root ran it\" >> {Mark}\nexec -a /usr/libexec/qemu-kvm /usr/libexec/qemu-kvm \"$@\"");
        try
        {
            await Shell.Run("sh", "-c", harm);
            SmallGuest guest = await SmallGuest.Start("s-own-" + name, "--ram", "shared", "--no-disk", "--emulator", emulator);
            int pid = await Virsh.Pid(guest.Name);
            await LabHost.Dnf("upgrade", "qemu-kvm");
            await Shell.TryRun("virt-handover", "list", "--readiness");
            JsonElement report = await RunVerb.Report(guest.Name, 1);
            Assert.Equal("refused", Text(report, "outcome"));
            Assert.Contains("TARGET_UNTRUSTED", Text(report, "sentence"), StringComparison.Ordinal);
            Assert.Contains("/srv/lab-m", Text(report, "sentence"), StringComparison.Ordinal);
            // Found by the preflight, before there was a second QEMU.
            Assert.DoesNotContain("prepare", report.GetProperty("phases").GetRawText(), StringComparison.Ordinal);
            Assert.Equal("", await File.ReadAllTextAsync(Mark));
            Assert.Equal((pid, "running"), (await Virsh.Pid(guest.Name), await Virsh.State(guest.Name)));
        }
        finally
        {
            Directory.Delete("/srv/lab-m", recursive: true);
        }
    }

    [Theory(Timeout = 180000)]
    [InlineData("mount", "unshare -U -r -m sh -c '" + Covered + " exec /usr/libexec/qemu-kvm \"$@\"' sh \"$@\"")]
    [InlineData("net", "unshare -U -r -n sh -c 'ip link set lo up; exec /usr/libexec/qemu-kvm \"$@\"' sh \"$@\"")]
    public async Task Namespaces_that_it_has_made_are_not_entered(string name, string start)
    {
        try
        {
            await HostileQemu.Script("/srv/lab-w/tool", $"echo \"uid $(id -u) ran it\" >> {Mark}; exit 1");
            // As root it is libvirt's, or ours, that asks what it is.
            string emulator = await HostileQemu.Script("/srv/lab-w/qemu", $"[ \"$(id -u)\" = 0 ] && exec /usr/libexec/qemu-kvm \"$@\"\nexec {start}");
            SmallGuest guest = await SmallGuest.Start("s-ns-" + name, "--ram", "shared", "--no-disk", "--emulator", emulator);
            int pid = await Virsh.Pid(guest.Name);
            await Eventually.Until(
                "the VM's QEMU is in a user namespace of its own",
                () => Task.FromResult(new FileInfo($"/proc/{pid}/ns/user").LinkTarget != new FileInfo("/proc/self/ns/user").LinkTarget));
            await LabHost.Dnf("upgrade", "qemu-kvm");
            JsonElement report = await RunVerb.Report(guest.Name, 1);
            Assert.Equal("refused", Text(report, "outcome"));
            Assert.Contains("user namespace", Text(report, "sentence"), StringComparison.Ordinal);
            Assert.DoesNotContain("prepare", report.GetProperty("phases").GetRawText(), StringComparison.Ordinal);
            Assert.Equal("", await File.ReadAllTextAsync(Mark));
            Assert.Equal(pid, await Virsh.Pid(guest.Name));
        }
        finally
        {
            Directory.Delete("/srv/lab-w", recursive: true);
        }
    }

    [Theory(Timeout = 180000)]
    [InlineData("feed", "\\fUid:0 0 0 0")]
    [InlineData("next-line", "\\xc2\\x85Uid:0 0 0 0")]
    [InlineData("return", "\\rGroups:0")]
    [InlineData("tab", "\\tUid:\\t0\\t0\\t0\\t0")]
    [InlineData("bytes", "\\xff\\xfe\\x01 :Seccomp:0")]
    public async Task A_thread_s_name_says_nothing_of_its_rights(string kind, string name)
    {
        // Its main thread takes the name, in each QEMU of the domain.
        string library = await HostileQemu.Library("name", $$"""
            #include <sys/prctl.h>
            __attribute__((constructor)) static void loaded(void) { prctl(PR_SET_NAME, "{{name}}", 0, 0, 0); }
            """);
        string domain = "s-name-" + kind;
        string xml = (await Shell.Run("vm", domain, "--xml", "--ram", "shared", "--no-net", "--no-disk", "--mem", "16", "--memory", "128"))
            .Replace("<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>", StringComparison.Ordinal)
            .Replace(
                "</domain>",
                $"<qemu:commandline><qemu:env name='LD_PRELOAD' value='{library}'/></qemu:commandline></domain>",
                StringComparison.Ordinal);
        await File.WriteAllTextAsync($"/run/lab/{domain}.xml", xml);
        await Virsh.Run("define", $"/run/lab/{domain}.xml");
        await Virsh.Run("start", domain);
        int pid = await Virsh.Pid(domain);
        ProcessStatus before = ProcessStatus.Read(ProcRoot.Host, pid);
        Assert.NotEqual(0u, before.UserIds[0]);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Assert.Equal("done", Text(await RunVerb.Report(domain, 0), "outcome"));
        await AssertSameRights(domain, pid, before);
    }

    [Fact(Timeout = 180000)]
    public async Task A_command_line_without_its_filter_is_not_followed()
    {
        SmallGuest guest = await SmallGuest.Start("s-filter", "--ram", "shared", "--no-disk");
        int pid = await Virsh.Pid(guest.Name);
        Assert.Equal(2, ProcessStatus.Read(ProcRoot.Host, pid).SeccompMode);
        await HostileQemu.ReplaceArgument(
            pid,
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "off,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=den");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        JsonElement report = await RunVerb.Report(guest.Name, 1);
        Assert.Contains(Text(report, "outcome"), (string[])["refused", "undone"]);
        Assert.Equal((pid, "running"), (await Virsh.Pid(guest.Name), await Virsh.State(guest.Name)));
        Assert.Equal(2, ProcessStatus.Read(ProcRoot.Host, pid).SeccompMode);
    }

    [Fact(Timeout = 180000)]
    public async Task A_QEMU_that_is_not_what_libvirt_starts_is_refused()
    {
        // Root where libvirt's XML says another user: a script that keeps what it should have given up cannot be had, so the file says other.
        SmallGuest guest = await SmallGuest.Start("s-owner", "--ram", "shared", "--no-disk");
        int pid = await Virsh.Pid(guest.Name);
        string status = $"/run/libvirt/qemu/{guest.Name}.xml";
        string told = await File.ReadAllTextAsync(status);
        uint user = ProcessStatus.Read(ProcRoot.Host, pid).UserIds[0];
        Assert.Contains($"+{user}:", told, StringComparison.Ordinal);
        // Over the file, which libvirt writes again whenever its QEMU has been asked something.
        string other = $"/run/lab/{guest.Name}.status";
        await File.WriteAllTextAsync(other, told.Replace($"<label>+{user}:", $"<label>+{user + 1}:", StringComparison.Ordinal));
        await Shell.Run("mount", "--bind", other, status);
        try
        {
            await LabHost.Dnf("upgrade", "qemu-kvm");
            JsonElement report = await RunVerb.Report(guest.Name, 1);
            Assert.Equal("refused", Text(report, "outcome"));
            Assert.Contains("RIGHTS_OTHER", Text(report, "sentence"), StringComparison.Ordinal);
            Assert.Equal(pid, await Virsh.Pid(guest.Name));
        }
        finally
        {
            await Shell.Run("umount", status);
        }
    }

    private static async Task AssertSameRights(string name, int old, ProcessStatus before)
    {
        int pid = await Virsh.Pid(name);
        Assert.NotEqual(old, pid);
        foreach (ProcessStatus thread in ProcessStatus.ReadThreads(ProcRoot.Host, pid))
        {
            Assert.NotEqual(0u, thread.UserIds[0]);
            Assert.Equal(before.UserIds, thread.UserIds);
            Assert.Equal(before.GroupIds, thread.GroupIds);
            Assert.Equal(before.Groups, thread.Groups);
            Assert.Equal((before.SeccompMode, before.NoNewPrivileges), (thread.SeccompMode, thread.NoNewPrivileges));
            Assert.Equal(before.EffectiveCapabilities, thread.EffectiveCapabilities);
        }
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
