using System.Security.Cryptography;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>What the Debian packages put on a host, and what they take away again.</summary>
public sealed class DebPackageTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Configuration = "/etc/virt-handover/virt-handover.conf";

    public async Task InitializeAsync()
    {
        await ProductDebs.Install();
        await host.Reset();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Each_file_belongs_to_its_package()
    {
        await Ships("virt-handover",
            "/usr/libexec/virt-handover/virt-handoverd",
            "/usr/libexec/virt-handover/libe_sqlite3.so",
            "/usr/lib/systemd/system/virt-handoverd.service",
            "/usr/lib/systemd/system/virt-handover-worker.service",
            "/usr/lib/systemd/system/virt-handover-worker.socket",
            "/usr/lib/sysusers.d/virt-handover.conf",
            "/usr/lib/systemd/system/libvirtd.service.d/virt-handover.conf",
            "/usr/lib/systemd/system/virtqemud.service.d/virt-handover.conf",
            "/usr/share/dbus-1/system.d/org.virthandover.Handover1.conf",
            "/usr/share/dbus-1/system-services/org.virthandover.Handover1.service",
            "/usr/share/dbus-1/interfaces/org.virthandover.Handover1.Manager.xml",
            "/usr/share/dbus-1/interfaces/org.virthandover.Handover1.Domain.xml",
            "/usr/share/polkit-1/actions/org.virthandover.handover1.policy",
            "/usr/share/doc/virt-handover/examples/watch.py",
            "/usr/share/man/man5/virt-handover.conf.5.gz",
            "/usr/share/man/man8/virt-handoverd.8.gz",
            Configuration,
            "/etc/virt-handover/conf.d",
            "/etc/virt-handover/notify.d");
        await Ships("virt-handover-tui",
            "/usr/bin/virt-handover",
            "/usr/share/bash-completion/completions/virt-handover",
            "/usr/share/zsh/vendor-completions/_virt-handover",
            "/usr/share/fish/vendor_completions.d/virt-handover.fish",
            "/usr/share/man/man1/virt-handover.1.gz");
        await Ships("virt-handover-hook", "/usr/libexec/virt-handover/virt-handover-notify");
    }

    [Fact]
    public async Task The_files_on_disk_are_those_of_the_packages_and_the_symbols_are_not_among_them()
    {
        // dpkg counts the host's own manuals and documents as missing where a container leaves them out; of ours nothing is.
        Assert.Equal("", await Shell.Run("dpkg", ["--verify", .. ProductDebs.Names]));
        Assert.False(await ProductDebs.IsInstalled("virt-handover-dbg"));
        Assert.Equal(3, (await ProductDebs.Build()).Length);
    }

    [Fact]
    public async Task The_programs_and_the_library_are_as_they_were_compiled()
    {
        foreach (var path in new[] { "usr/libexec/virt-handover/libe_sqlite3.so", "usr/libexec/virt-handover/virt-handoverd", "usr/bin/virt-handover" })
            Assert.Equal(await Digest(Path.Combine(ProductRpms.Root, "artifacts/stage", path)), await Digest("/" + path));
    }

    [Fact]
    public async Task Installed_is_not_enabled()
    {
        var enabled = await Shell.TryRun("systemctl", "is-enabled", "virt-handoverd.service");
        Assert.Equal("disabled", enabled.Output.Trim());
        Assert.Equal("", await Shell.Run("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/virt-handoverd.service",
            "/usr/lib/systemd/system/virt-handover-worker.service", "/usr/lib/systemd/system/virt-handover-worker.socket"));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_changed_configuration_survives_a_reinstallation()
    {
        var shipped = await File.ReadAllTextAsync(Configuration);
        await File.WriteAllTextAsync(Configuration, "[Service]\nMode=auto\n");
        await Shell.Run("dpkg", ["-i", .. await ProductDebs.Build()]);
        Assert.Equal("[Service]\nMode=auto\n", await File.ReadAllTextAsync(Configuration));
        await File.WriteAllTextAsync(Configuration, shipped);
    }

    [Fact(Timeout = 240_000)]
    public async Task Purged_it_leaves_nothing()
    {
        // As after some use of it: enabled, configured, with a queue and what a handover left for the next one.
        await Shell.Run("systemctl", "enable", "virt-handoverd.service");
        await File.WriteAllTextAsync("/etc/virt-handover/conf.d/50-mine.conf", "[Service]\nMode=ask\n");
        foreach (var directory in new[] { "/var/lib/virt-handover/journal", "/var/cache/virt-handover", "/run/virt-handover/domains" })
            Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync("/run/virt-handover/pending", "");

        await Shell.Run("dpkg", ["--remove", .. ProductDebs.Names]);
        Assert.False(Directory.Exists("/usr/libexec/virt-handover"));
        Assert.False(File.Exists("/usr/lib/systemd/system/libvirtd.service.d/virt-handover.conf"));
        Assert.True(File.Exists(Configuration));
        Assert.True(Directory.Exists("/var/lib/virt-handover"));

        await Shell.Run("dpkg", ["--purge", .. ProductDebs.Names]);
        // In /usr/local is what the lab has in systemd's place, in /run/lab are its layers.
        var left = await Shell.Run(
            "find", "/etc", "/usr", "/var", "/run", "-xdev", "(", "-path", "/usr/local", "-o", "-path", "/run/lab", "-o", "-path", ProductRpms.Root, "-o", "-path", "/var/log", ")",
            "-prune", "-o", "-iname", "*virt*handover*", "-print");
        Assert.Equal("", left);
        Assert.DoesNotContain("virt-handover", await File.ReadAllTextAsync("/var/lib/dpkg/status"), StringComparison.Ordinal);
        await ProductDebs.Install();
    }

    [Fact(Timeout = 240_000)]
    public async Task Debians_checker_has_nothing_to_say()
    {
        var debs = await ProductDebs.Build();
        var symbols = Directory.GetFiles(Path.Combine(Path.GetDirectoryName(debs[0])!, "debug"), "*.deb");
        Assert.Equal("", await Shell.Run("lintian", ["--fail-on", "warning", "--allow-root", .. debs, .. symbols]));
    }

    private static async Task Ships(string package, params string[] paths)
    {
        var shipped = LabHost.Lines(await Shell.Run("dpkg-query", "--listfiles", package));
        foreach (var path in paths)
        {
            Assert.Contains(path, shipped);
            Assert.True(Path.Exists(path), path);
        }
    }

    private static async Task<string> Digest(string path) => Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(path)));
}
