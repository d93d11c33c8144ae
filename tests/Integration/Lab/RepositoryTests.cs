using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Lab;

/// <summary>dnf in the lab is the real one, and running guests do not notice it.</summary>
public sealed class RepositoryTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Emulator = "/usr/libexec/qemu-kvm";

    public Task InitializeAsync() => host.Reset();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_upgrade_replaces_the_file_while_the_guest_runs_on_the_old_one()
    {
        var guest = await Guest.Start("a", "--mem", "16");
        var before = await guest.Status();
        var pid = await guest.Pid();
        Assert.Equal(Emulator, File.ResolveLinkTarget($"/proc/{pid}/exe", false)!.FullName);
        Assert.Equal(host.OldVersion, await LabHost.VersionOnDisk());

        await LabHost.Dnf("upgrade", "qemu-kvm");

        Assert.Equal(host.NewVersion, await LabHost.VersionOnDisk());
        Assert.Equal($"{Emulator} (deleted)", File.ResolveLinkTarget($"/proc/{pid}/exe", false)!.FullName);
        Assert.Equal(host.OldVersion, await guest.RunningVersion());
        await guest.AssertLives(before);
        var second = await Guest.Start("b");
        Assert.Equal(host.NewVersion, await second.RunningVersion());
    }

    [Fact]
    public async Task The_other_transactions_work_too()
    {
        await LabHost.Dnf("upgrade", "zz-other");
        Assert.Equal(host.OldVersion, await LabHost.Installed());
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await LabHost.Dnf("reinstall", "qemu-kvm");
        await LabHost.Dnf("downgrade", $"qemu-kvm-{host.OldVersion}");
        Assert.Equal(host.OldVersion, await LabHost.VersionOnDisk());
    }

    [Theory]
    [InlineData("start", 1, 1)]
    [InlineData("exit", 0, 1)]
    [InlineData("hang", 0, 124)]
    public async Task A_broken_release_breaks_in_its_own_way(string way, int plain, int incoming)
    {
        await LabHost.Dnf("upgrade", $"--enablerepo=lab-broken-{way}", "qemu-kvm");

        Assert.Equal(plain, (await Shell.TryRun("timeout", "20", Emulator, "--version")).ExitCode);
        Assert.Equal(incoming, (await Shell.TryRun("timeout", incoming == 124 ? "2" : "20", Emulator, "-M", "none", "-incoming", "defer", "-display", "none")).ExitCode);
    }
}
