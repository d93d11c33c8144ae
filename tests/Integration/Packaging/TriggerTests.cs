using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>The installed hook in real transactions: it says what was replaced, and never disturbs one.</summary>
public sealed class TriggerTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Emulator = "/usr/libexec/qemu-kvm";
    private const string Stamp = "/run/virt-handover/pending";

    public async Task InitializeAsync()
    {
        await ProductRpms.Install();
        await host.Reset();
        await RealService.Stop();
        File.Delete(Stamp);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact(Timeout = 120_000)]
    public async Task Upgrade_reinstall_and_downgrade_are_reported_and_an_unrelated_package_is_not()
    {
        await using var service = await RecordingService.Start();

        await Transaction("upgrade", "qemu-kvm");
        AssertReported(service);
        await Transaction("reinstall", "qemu-kvm");
        AssertReported(service);
        await Transaction("downgrade", $"qemu-kvm-{host.OldVersion}");
        AssertReported(service);

        await Transaction(await ZzOtherVersion() == "1.0" ? "upgrade" : "downgrade", "zz-other");
        Assert.Empty(service.Taken());
        Assert.False(File.Exists(Stamp));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_service_that_never_answers_does_not_hold_dnf()
    {
        await using var service = await RecordingService.Start();
        var never = new TaskCompletionSource();
        service.Answer = never.Task;

        await Transaction("upgrade", "qemu-kvm");

        AssertReported(service);
        never.SetResult();
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_a_bus_dnf_succeeds_and_the_stamp_waits_for_the_service()
    {
        var result = await Shell.TryRun("env", "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent", "dnf", "upgrade", "qemu-kvm");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.True(File.Exists(Stamp));
        Assert.Equal(host.NewVersion, await LabHost.VersionOnDisk());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_damaged_hook_does_not_disturb_dnf()
    {
        const string Hook = "/usr/libexec/virt-handover/virt-handover-notify";
        File.Move(Hook, Hook + ".away");
        await File.WriteAllTextAsync(Hook, "no program");
        File.SetUnixFileMode(Hook, File.GetUnixFileMode(Hook + ".away"));
        try
        {
            await Transaction("upgrade", "qemu-kvm");
        }
        finally
        {
            File.Move(Hook + ".away", Hook, overwrite: true);
        }
    }

    private static Task<string> ZzOtherVersion() => Shell.Run("rpm", "-q", "--qf", "%{VERSION}", "zz-other");

    // Success alone would not do: dnf 4 forgives a failing scriptlet with a line of complaint.
    private static async Task Transaction(params string[] arguments)
    {
        var result = await Shell.TryRun("dnf", arguments);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.DoesNotContain("Error in", result.Output + result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("scriptlet failed", result.Output + result.Error, StringComparison.Ordinal);
        Assert.Contains("Complete!", result.Output, StringComparison.Ordinal);
    }

    private static void AssertReported(RecordingService service)
    {
        var report = Assert.Single(service.Taken());
        Assert.StartsWith("rpm: ", report, StringComparison.Ordinal);
        Assert.Contains(Emulator, report.Split(' '));
        Assert.True(File.Exists(Stamp));
        File.Delete(Stamp);
    }
}
