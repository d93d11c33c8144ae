using System.Security.Cryptography;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>What the RPMs put on a host, and what they take away again.</summary>
public sealed class PackageTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private static readonly string[] s_packages = ["virt-handover", "virt-handover-hook", "virt-handover-tui"];

    public async Task InitializeAsync()
    {
        await ProductRpms.Install();
        await host.Reset();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("virt-handover", "/usr/libexec/virt-handover/virt-handoverd")]
    [InlineData("virt-handover", "/usr/libexec/virt-handover/libe_sqlite3.so")]
    [InlineData("virt-handover", "/usr/lib/systemd/system/virt-handoverd.service")]
    [InlineData("virt-handover", "/usr/lib/systemd/system/virt-handover-worker.service")]
    [InlineData("virt-handover", "/usr/lib/systemd/system/virt-handover-worker.socket")]
    [InlineData("virt-handover", "/usr/lib/sysusers.d/virt-handover.conf")]
    [InlineData("virt-handover", "/usr/share/dbus-1/system.d/org.virthandover.Handover1.conf")]
    [InlineData("virt-handover", "/usr/share/dbus-1/system-services/org.virthandover.Handover1.service")]
    [InlineData("virt-handover", "/usr/share/dbus-1/interfaces/org.virthandover.Handover1.Manager.xml")]
    [InlineData("virt-handover", "/usr/share/dbus-1/interfaces/org.virthandover.Handover1.Domain.xml")]
    [InlineData("virt-handover", "/usr/share/polkit-1/actions/org.virthandover.handover1.policy")]
    [InlineData("virt-handover", "/usr/share/doc/virt-handover/examples/watch.py")]
    [InlineData("virt-handover", "/etc/virt-handover/virt-handover.conf")]
    [InlineData("virt-handover-hook", "/usr/libexec/virt-handover/virt-handover-notify")]
    [InlineData("virt-handover-tui", "/usr/bin/virt-handover")]
    [InlineData("virt-handover-tui", "/usr/share/bash-completion/completions/virt-handover")]
    [InlineData("virt-handover-tui", "/usr/share/zsh/site-functions/_virt-handover")]
    [InlineData("virt-handover-tui", "/usr/share/fish/vendor_completions.d/virt-handover.fish")]
    [InlineData("virt-handover", "/usr/share/man/man5/virt-handover.conf.5*")]
    [InlineData("virt-handover", "/usr/share/man/man8/virt-handoverd.8*")]
    [InlineData("virt-handover-tui", "/usr/share/man/man1/virt-handover.1*")]
    public async Task Each_file_belongs_to_its_package(string package, string path) =>
        Assert.Equal(package, await Shell.Run("rpm", "-q", "--qf", "%{NAME}", "-f", Present(path)));

    /// <summary>A manual is compressed on some distributions; beside it lies the one of the stage that this lab began with.</summary>
    private static string Present(string path) =>
        path.EndsWith('*') ? Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path)).Order(StringComparer.Ordinal).Last() : path;

    [Fact]
    public async Task The_files_on_disk_are_those_of_the_packages() => Assert.Equal("", await Shell.Run("rpm", ["-V", .. s_packages]));

    [Fact]
    public async Task The_programs_and_the_library_are_as_they_were_compiled()
    {
        foreach (var path in new[] { "usr/libexec/virt-handover/libe_sqlite3.so", "usr/libexec/virt-handover/virt-handoverd", "usr/bin/virt-handover" })
            Assert.Equal(await Digest(Path.Combine(ProductRpms.Root, "artifacts/stage", path)), await Digest("/" + path));
    }

    [Fact]
    public async Task The_units_are_accepted_by_systemd() => Assert.Equal(
        "", await Shell.Run("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/virt-handoverd.service",
            "/usr/lib/systemd/system/virt-handover-worker.service", "/usr/lib/systemd/system/virt-handover-worker.socket"));

    [Fact]
    public async Task A_changed_configuration_survives_a_reinstall()
    {
        const string File = "/etc/virt-handover/virt-handover.conf";
        var before = await System.IO.File.ReadAllTextAsync(File);
        await System.IO.File.WriteAllTextAsync(File, "[Service]\nMode=auto\n");
        await Shell.Run("dnf", "reinstall", "virt-handover");
        Assert.Equal("[Service]\nMode=auto\n", await System.IO.File.ReadAllTextAsync(File));
        await System.IO.File.WriteAllTextAsync(File, before);
    }

    [Fact]
    public async Task Removing_the_packages_leaves_nothing_but_state()
    {
        await Shell.Run("dnf", ["remove", .. s_packages]);
        Assert.False(Directory.Exists("/usr/libexec/virt-handover") && Directory.EnumerateFileSystemEntries("/usr/libexec/virt-handover").Any());
        Assert.False(File.Exists("/usr/share/dbus-1/system.d/org.virthandover.Handover1.conf"));
        await ProductRpms.Install();
        Assert.True(File.Exists("/usr/libexec/virt-handover/virt-handoverd"));
    }

    [Fact(Timeout = 240_000)]
    public async Task The_checker_of_RPMs_has_nothing_to_say()
    {
        var packages = Directory.GetFiles(ProductRpms.Output, "*.rpm", SearchOption.AllDirectories);
        Assert.Equal(4, packages.Length);
        var rpm = Path.Combine(ProductRpms.Root, "packaging/rpm");
        var said = await Shell.Run("rpmlint", ["-c", rpm + "/rpmlint.toml", .. packages, rpm + "/virt-handover.spec"]);
        Assert.Contains("4 packages and 1 specfiles checked; 0 errors, 0 warnings", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_symbols_are_not_installed_by_the_command_that_installs_the_rest() =>
        Assert.Equal(3, Directory.GetFiles(ProductRpms.Output, "*.rpm").Length);

    private static async Task<string> Digest(string path) => Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(path)));
}
