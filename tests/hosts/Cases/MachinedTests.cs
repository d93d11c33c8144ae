using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>A VM that is registered with systemd-machined, as every VM of a real host is: a moved one behaves as one that was never moved.</summary>
public sealed class MachinedTests : IAsyncLifetime
{
    private readonly DebianHost _host = new();
    private Guest? _moved;
    private Guest? _other;
    private GuestStatus? _movedBefore;
    private GuestStatus? _otherBefore;

    public async Task InitializeAsync()
    {
        await _host.InitializeAsync();
        _moved = await Vm.Start("moved");
        _other = await Vm.Start("other");
        foreach (string name in new[] { "moved", "other" })
            await Shell.Run("register", name);
        (_movedBefore, _otherBefore) = (await _moved.Status(), await _other.Status());
        await Product.Run("run", "moved");
        await Vm.Settled("moved");
    }

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact(Timeout = 300000)]
    [Trait("Part", "telling")]
    public async Task It_is_registered_with_its_new_process()
    {
        foreach (string name in new[] { "moved", "other" })
        {
            Assert.Equal(await Virsh.Pid(name), await Leader(name));
            Assert.StartsWith("machine-qemu", Path.GetFileName(await Cgroup(name)), StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = 300000)]
    [InlineData("restart systemd-machined")]
    [InlineData("daemon-reload")]
    [InlineData("daemon-reexec")]
    public async Task It_outlives(string deed)
    {
        await Shell.Run("systemctl", deed.Split(' '));
        await Shell.Run("systemctl", "restart", "systemd-machined");
        await Vm.AssertWhole(_moved!, _movedBefore!);
        await Vm.AssertWhole(_other!, _otherBefore!);
        await It_is_registered_with_its_new_process();
        await Units.AssertNoneFailed();
    }

    [Fact(Timeout = 300000)]
    public async Task It_outlives_an_upgrade_of_systemd()
    {
        // The release's own packages once more: what their scripts restart is what an upgrade restarts.
        string machined = await Machined();
        await Shell.Run("sh", "-c", "dpkg -i /srv/systemd/*.deb");
        Assert.NotEqual(machined, await Machined());
        await Vm.AssertWhole(_moved!, _movedBefore!);
        await Vm.AssertWhole(_other!, _otherBefore!);
    }

    [Theory(Timeout = 300000)]
    [InlineData("moved")]
    [InlineData("other")]
    [Trait("Part", "telling")]
    public async Task Machinectl_terminate_ends_it(string name)
    {
        await Shell.Run("machinectl", "terminate", await Machine(name));
        await Eventually.Until("the VM is off", async () => await Virsh.State(name) == "shut off");
        Assert.Empty(await Vm.Qemus(name));
    }

    [Fact(Timeout = 300000)]
    public async Task Virsh_destroy_ends_its_scope()
    {
        string scope = Path.GetFileName(await Cgroup("moved"));
        await Virsh.Run("destroy", "moved");
        await Eventually.Until("the scope has ended", async () => !await Units.IsActive(scope));
        await Eventually.Until("the machine is gone", async () => !(await Shell.Run("machinectl", "list", "--no-legend")).Contains("moved", StringComparison.Ordinal));
    }

    // Which of its processes ran last, also when it has nothing to do and ended.
    private static async Task<string> Machined()
    {
        await Shell.Run("machinectl", "list", "--no-legend");
        return await Shell.Run("systemctl", "show", "--value", "-p", "MainPID", "systemd-machined");
    }

    private static async Task<string> Machine(string name) => $"qemu-{await Virsh.Id(name)}-{name}";

    private static async Task<int> Leader(string name) => int.Parse(
        await Shell.Run("machinectl", "show", "--value", "-p", "Leader", await Machine(name)), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Where its process is, in the hierarchy of version 2.</summary>
    private static async Task<string> Cgroup(string name) =>
        (await Shell.Run("grep", "^0::", $"/proc/{await Virsh.Pid(name)}/cgroup")).Split("::")[1].TrimEnd('/');
}
