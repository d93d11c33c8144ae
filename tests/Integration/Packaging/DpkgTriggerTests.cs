using VirtHandover.Queue;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>The installed hook under a real dpkg: it says what was replaced, and never disturbs an installation.</summary>
public sealed class DpkgTriggerTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Qemu = "qemu-system-x86";
    private const string Emulator = "/usr/bin/qemu-system-x86_64";
    private const string Modules = "/usr/lib/x86_64-linux-gnu/qemu";
    private const string Stamp = "/run/virt-handover/pending";

    public async Task InitializeAsync()
    {
        await ProductDebs.Install();
        await host.Reset();
        await RealService.Stop();
        if (File.Exists(Stamp))
            File.Delete(Stamp);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact(Timeout = 120_000)]
    public async Task An_installation_a_downgrade_and_a_removal_are_reported_once_and_an_unrelated_package_is_not()
    {
        await using var service = await RecordingService.Start();

        await Dpkg("--install", await FakeDeb.Build(Qemu, "9999:2", [Emulator, Modules + "/ui-gtk.so", "/usr/share/doc/qemu-system-x86/x"]));
        AssertReported(service, Emulator, Modules);
        await Dpkg("--install", "--force-downgrade", await FakeDeb.Build(Qemu, "9999:1", [Emulator]));
        // The module went, and that counts too.
        AssertReported(service, Emulator, Modules);
        await Dpkg("--install", await FakeDeb.Build("qemu-system-arm", "9999:1", ["/bin/qemu-system-aarch64"]));
        AssertReported(service, "/bin/qemu-system-aarch64");
        await Dpkg("--remove", "qemu-system-arm");
        AssertReported(service, "/bin/qemu-system-aarch64");

        await Dpkg("--install", await FakeDeb.Build("zz-other", "1", ["/usr/bin/zz-other", "/usr/bin/qemu-zz-other"]));
        Assert.Empty(service.Taken());
        Assert.False(File.Exists(Stamp));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_service_that_never_answers_does_not_hold_dpkg()
    {
        await using var service = await RecordingService.Start();
        var never = new TaskCompletionSource();
        service.Answer = never.Task;

        await Dpkg("--install", await FakeDeb.Build(Qemu, "9999:3", [Emulator]));

        AssertReported(service, Emulator);
        never.SetResult();
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_a_bus_dpkg_succeeds_and_the_stamp_waits_for_the_service()
    {
        var result = await Shell.TryRun(
            "env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent", "dpkg", "--force-depends", "--install", await FakeDeb.Build(Qemu, "9999:4", [Emulator]));
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.True(File.Exists(Stamp));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_damaged_hook_does_not_disturb_dpkg()
    {
        const string Hook = "/usr/libexec/virt-handover/virt-handover-notify";
        File.Move(Hook, Hook + ".away");
        await File.WriteAllTextAsync(Hook, "no program");
        File.SetUnixFileMode(Hook, File.GetUnixFileMode(Hook + ".away"));
        try
        {
            await Dpkg("--install", await FakeDeb.Build(Qemu, "9999:5", [Emulator]));
        }
        finally
        {
            File.Move(Hook + ".away", Hook, overwrite: true);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_transaction_is_under_way_while_dpkg_runs_and_after_it_was_killed_until_it_is_taken_up()
    {
        var probe = new PackageTransactions();
        Assert.False(await probe.IsRunningAsync(default));
        await Shell.Run("mkfifo", "/run/lab/hold");
        var deb = await FakeDeb.Build("zz-slow", "1", ["/usr/bin/zz-slow"], "read -r line < /run/lab/hold\n");
        var dpkg = Shell.TryRun("sh", "-c", "echo $$ > /run/lab/dpkg.pid; exec dpkg --install \"$0\"", deb);
        await using (var hold = await Opened("/run/lab/hold"))
        {
            Assert.True(await probe.IsRunningAsync(default));
            await Shell.Run("kill", "-KILL", (await File.ReadAllTextAsync("/run/lab/dpkg.pid")).Trim());
        }

        Assert.NotEqual(0, (await dpkg).ExitCode);
        Assert.True(await probe.IsRunningAsync(default));

        var configure = Shell.TryRun("dpkg", "--configure", "--pending");
        await using (var hold = await Opened("/run/lab/hold"))
            await hold.WriteAsync("\n"u8.ToArray());
        Assert.Equal(0, (await configure).ExitCode);
        Assert.False(await probe.IsRunningAsync(default));
    }

    // Opening it for writing waits for whoever reads.
    private static Task<FileStream> Opened(string fifo) =>
        Task.Run(() => new FileStream(fifo, FileMode.Open, FileAccess.Write)).WaitAsync(Eventually.Limit);

    // Other packages of the host need a QEMU of a certain version, and dpkg warns of what a script that fails has done.
    private static async Task Dpkg(params string[] arguments)
    {
        var result = await Shell.TryRun("dpkg", ["--force-depends", .. arguments]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.DoesNotContain("error", result.Output + result.Error, StringComparison.Ordinal);
    }

    private static void AssertReported(RecordingService service, params string[] paths)
    {
        var report = Assert.Single(service.Taken());
        Assert.StartsWith("dpkg: ", report, StringComparison.Ordinal);
        Assert.Equal(paths.Order(StringComparer.Ordinal), report["dpkg: ".Length..].Split(' ').Order(StringComparer.Ordinal));
        Assert.True(File.Exists(Stamp));
        File.Delete(Stamp);
    }
}
