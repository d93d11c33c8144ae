using VirtHandover.Detection;
using VirtHandover.Libvirt;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;

namespace VirtHandover.Tests.Integration.Detection;

public sealed class DetectorTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public Task InitializeAsync() => host.Reset();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact(Timeout = 300000)]
    public async Task Packages_come_and_go_under_running_domains()
    {
        await using var client = new LibvirtClient();
        var detector = new Detector(client);
        SmallGuest old = await SmallGuest.Start("detect-old");
        DetectedDomain fresh = await ScanAsync(detector, old);
        Assert.Empty(fresh.Reasons);
        Assert.Equal("", fresh.Problem);
        Assert.Equal("/usr/libexec/qemu-kvm", fresh.Running.Path);
        Assert.StartsWith("qemu-kvm-" + fresh.Running.Version, fresh.Running.Package, StringComparison.Ordinal);
        Assert.Equal(old.Status.ProcessId, fresh.ProcessId);

        await LabHost.Dnf("reinstall", "qemu-kvm");
        Assert.EndsWith("(deleted)", new FileInfo($"/proc/{fresh.ProcessId}/exe").LinkTarget, StringComparison.Ordinal);
        Assert.Empty((await ScanAsync(detector, old)).Reasons);

        await LabHost.Dnf("upgrade", "zz-other");
        Assert.Empty((await ScanAsync(detector, old)).Reasons);

        await LabHost.Dnf("upgrade", "qemu-kvm");
        DetectedDomain outdated = await ScanAsync(detector, old);
        Assert.True(outdated.IsOutdated);
        Assert.Contains(outdated.Reasons, reason => reason.Kind == StalenessKind.Binary);
        Assert.Equal(fresh.Running, outdated.Running);
        Assert.NotEqual(fresh.Running.Version, outdated.Installed!.Version);
        Assert.Equal(host.NewVersion, outdated.Installed.Version);
        Assert.StartsWith("qemu-kvm-" + outdated.Installed.Version, outdated.Installed.Package, StringComparison.Ordinal);

        // A service that starts now has never seen the old file; it asks the running process's own.
        DetectedDomain newcomer = await ScanAsync(new Detector(client), old);
        Assert.Equal(outdated.Running with { Package = newcomer.Running.Package }, newcomer.Running);

        SmallGuest young = await SmallGuest.Start("detect-young");
        DetectedDomain current = await ScanAsync(detector, young);
        Assert.False(current.IsOutdated);
        Assert.Equal(outdated.Installed, current.Running);

        await LabHost.Dnf("downgrade", $"qemu-kvm-{host.OldVersion}");

        DetectedDomain back = await ScanAsync(detector, old);
        Assert.DoesNotContain(back.Reasons, reason => reason.Kind == StalenessKind.Binary);
    }

    [Fact(Timeout = 300000)]
    public async Task A_broken_package_is_a_problem_and_not_an_upgrade()
    {
        await using var client = new LibvirtClient();
        var detector = new Detector(client);
        SmallGuest domain = await SmallGuest.Start("detect-broken");
        await LabHost.Dnf("upgrade", "--enablerepo=lab-broken-start", "qemu-kvm");
        DetectedDomain broken = await ScanAsync(detector, domain);
        Assert.Null(broken.Installed);
        Assert.False(broken.IsOutdated);
        Assert.Contains("/usr/libexec/qemu-kvm on disk ended with code", broken.Problem, StringComparison.Ordinal);

        await LabHost.Dnf("downgrade", $"qemu-kvm-{host.OldVersion}");

        await Shell.Run("rpm", "-e", "--nodeps", "qemu-kvm");
        DetectedDomain gone = await ScanAsync(detector, domain);
        Assert.Null(gone.Installed);
        Assert.Contains("not on disk any more", gone.Problem, StringComparison.Ordinal);
    }

    private static async Task<DetectedDomain> ScanAsync(Detector detector, SmallGuest domain) =>
        Assert.Single(await detector.ScanAsync(default), found => found.Uuid == domain.Uuid);
}
