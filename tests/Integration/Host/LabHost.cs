namespace VirtHandover.Tests.Integration.Host;

/// <summary>The isolated host that a test runs in, as a class fixture: <c>IClassFixture&lt;LabHost&gt;</c>.</summary>
public sealed class LabHost : IAsyncLifetime
{
    private const string Emulator = "/usr/libexec/qemu-kvm";

    /// <summary>The version of QEMU that the lab starts with, such as 7.2.22.</summary>
    public string OldVersion { get; private set; } = "";

    /// <summary>The version that <c>dnf upgrade qemu-kvm</c> brings, such as 10.0.2.</summary>
    public string NewVersion { get; private set; } = "";

    public async Task InitializeAsync()
    {
        // On the real host these tests would upgrade its QEMU and destroy its guests.
        if (Environment.GetEnvironmentVariable("VHLAB") != "1")
            throw new InvalidOperationException("These tests run inside the lab only: tests/lab/enter dotnet test ... (or eng/test CLASS).");
        OldVersion = await Installed();
        var offered = await Shell.Run("dnf", "--quiet", "repoquery", "--latest-limit=1", "--qf", "%{version}", "qemu-kvm");
        NewVersion = offered.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Trim();
        Assert.NotEqual(OldVersion, NewVersion);
    }

    /// <summary>Destroys all guests, so that the next test starts with an empty host.</summary>
    public async Task Reset()
    {
        foreach (var name in Lines(await Shell.Run("virsh", "-q", "list", "--name")))
            await Shell.TryRun("virsh", "destroy", name);
        foreach (var name in Lines(await Shell.Run("virsh", "-q", "list", "--all", "--name")))
            await Shell.Run("virsh", "undefine", name, "--checkpoints-metadata", "--snapshots-metadata");
        if (await Installed() != OldVersion)
            await Dnf("install", "--allowerasing", $"qemu-kvm-{OldVersion}");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>The version of the qemu-kvm package that is installed now.</summary>
    internal static Task<string> Installed() => Shell.Run("rpm", "-q", "--qf", "%{VERSION}", "qemu-kvm");

    /// <summary>Runs dnf, which knows the lab's repositories only.</summary>
    internal static Task<string> Dnf(params string[] arguments) => Shell.Run("dnf", arguments);

    /// <summary>The version that the emulator on disk tells of itself.</summary>
    internal static async Task<string> VersionOnDisk()
    {
        var first = Lines(await Shell.Run(Emulator, "--version"))[0];
        return first.Split("version ")[1].Split(' ')[0];
    }

    internal static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
