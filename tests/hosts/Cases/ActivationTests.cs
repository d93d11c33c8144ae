using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>The installed service under systemd as PID 1: how it comes up, and what stands before libvirt.</summary>
public sealed class ActivationTests : IClassFixture<DebianHost>
{
    private const string Gate = "/usr/libexec/virt-handover/virt-handoverd";

    [Fact(Timeout = 120000)]
    [Trait("Part", "telling")]
    public async Task D_Bus_activates_the_unit()
    {
        await Shell.Run("systemctl", "stop", Product.Unit);
        Assert.Equal("dbus", await Units.Property(Product.Unit, "Type"));
        await Product.List();
        Assert.True(await Units.IsActive(Product.Unit));
        string pid = await Units.Property(Product.Unit, "MainPID");
        Assert.Equal("1", (await Shell.Run("ps", "-o", "ppid=", "-p", pid)).Trim());
        Assert.Contains(pid, await Shell.Run("busctl", "status", "org.virthandover.Handover1"), StringComparison.Ordinal);
        // Ended by a crash it comes back by itself.
        await Shell.Run("systemctl", "kill", "--signal=KILL", Product.Unit);
        await Eventually.Until(
            "systemd has started it again", async () => await Units.IsActive(Product.Unit) && await Units.Property(Product.Unit, "MainPID") != pid);
        await Units.AssertNoneFailed();
    }

    [Fact(Timeout = 120000)]
    [Trait("Part", "telling")]
    public async Task The_front_has_no_power_and_asks_a_worker_that_has()
    {
        await Product.List();
        string front = await Shell.Run("cat", $"/proc/{await Units.Property(Product.Unit, "MainPID")}/status");
        string user = await Shell.Run("id", "--user", "virt-handover");
        Assert.Contains($"Uid:\t{user}\t{user}\t{user}\t{user}\n", front, StringComparison.Ordinal);
        foreach (string line in new[] { "CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n", "NoNewPrivs:\t1\n", "Seccomp:\t2\n" })
            Assert.Contains(line, front, StringComparison.Ordinal);
        Assert.True(await Units.IsActive(Product.Worker));
        Assert.Contains("Uid:\t0\t0\t0\t0\n", await Shell.Run("cat", $"/proc/{await Units.Property(Product.Worker, "MainPID")}/status"), StringComparison.Ordinal);
        Assert.Equal("virt-handover 600", await Shell.Run("stat", "--format", "%U %a", "/run/virt-handover-worker.sock"));
        // One that is killed comes back, and the front goes on with it.
        await Shell.Run("systemctl", "kill", "--signal=KILL", Product.Worker);
        await Eventually.Until("the service looks again", async () => (await Shell.TryRun("virt-handover", "list", "--readiness")).ExitCode == 0);
        await Units.AssertNoneFailed();
    }

    [Fact(Timeout = 120000)]
    [Trait("Part", "telling")]
    public async Task The_gate_stands_before_libvirt()
    {
        await Shell.Run("systemctl", "restart", "libvirtd.service");
        string gate = await Units.Property("libvirtd.service", "ExecStartPre");
        Assert.Contains($"path={Gate}", gate, StringComparison.Ordinal);
        Assert.Contains("status=0", gate, StringComparison.Ordinal);
        Assert.Contains($"{Gate} gate", await Shell.Run("cat", "/usr/lib/systemd/system/virtqemud.service.d/virt-handover.conf"), StringComparison.Ordinal);
        await Virsh.Run("list");
    }

    [Fact(Timeout = 120000)]
    public async Task The_units_have_nothing_that_systemd_complains_about() => Assert.Equal(
        "", await Shell.Run("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/virt-handoverd.service",
            "/usr/lib/systemd/system/virt-handover-worker.service", "/usr/lib/systemd/system/virt-handover-worker.socket"));

    [Fact(Timeout = 120000)]
    [Trait("Part", "telling")]
    public async Task Polkit_keeps_a_stranger_from_what_root_may_do()
    {
        string[] stranger = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "virt-handover"];
        Assert.True(await Units.IsActive("polkit.service") || (await Shell.TryRun("systemctl", "start", "polkit.service")).ExitCode == 0);
        Assert.Equal(0, (await Shell.TryRun("setpriv", [.. stranger, "list"])).ExitCode);
        Assert.Equal(4, (await Shell.TryRun("setpriv", [.. stranger, "queue", "pause", "by a stranger"])).ExitCode);
        Assert.Equal("", Product.Text(await Product.Run("queue", "status"), "reason"));

        await Product.Run("queue", "pause", "by root");
        Assert.Contains("by root", Product.Text(await Product.Run("queue", "status"), "reason"), StringComparison.Ordinal);
        await Product.Run("queue", "resume");
    }
}
