using System.Diagnostics;
using System.Globalization;
using VirtHandover.Detection;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Host;

/// <summary>
/// A freshly booted Debian host with the product installed from its packages. It dies with the tests. As a fixture of a class all its
/// tests share one; a test that reboots it, or wants a clean one, boots its own.
/// </summary>
public sealed class DebianHost : IAsyncLifetime
{
    public const string Emulator = "/usr/bin/qemu-system-x86_64";

    private const string Variable = "VHHOSTS_RELEASE";
    private static readonly TimeSpan s_bootLimit = TimeSpan.FromMinutes(3);
    private static readonly string s_bed = Path.Combine(Repository(), "tests/hosts/bed");
    private Process? _bed;
    private int _keeper;

    /// <summary>bookworm, trixie or sid.</summary>
    public static string Release => Environment.GetEnvironmentVariable(Variable) ??
        throw new InvalidOperationException("These tests boot a host of a Debian release: eng/hosts (or make hosts HOST=trixie).");

    /// <summary>The version of QEMU that the host starts with.</summary>
    public string OldVersion { get; private set; } = "";

    public async Task InitializeAsync()
    {
        _bed = Process.Start(new ProcessStartInfo(Path.Combine(s_bed, "boot"), [Release]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        using var limit = new CancellationTokenSource(s_bootLimit);
        string? line = await _bed.StandardOutput.ReadLineAsync(limit.Token);
        Assert.True(int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out _keeper), $"The host {Release} did not start.");
        Reach.Command = (program, arguments, direct) => (Path.Combine(s_bed, "in"), [.. direct ? ["--direct"] : Array.Empty<string>(), Text(_keeper), program, .. arguments]);
        Reach.File = path => $"/proc/{Leader()}/root{path}";
        await Up();
        OldVersion = await VersionOnDisk();
        // The canary is tested where it is meant; a busy machine's pauses are longer than the default allows.
        await Product.Install();
        await Product.Configure("[Handover]\nCanary=no\nMaxPause=10s\n");
    }

    public async Task DisposeAsync()
    {
        if (_bed is null)
            return;
        await KeepLog();
        _bed.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _bed.WaitForExitAsync(limit.Token);
        _bed.Dispose();
    }

    /// <summary>Reboots the host in the way of the given arguments of <c>systemctl</c>, and waits until it is up again.</summary>
    public async Task Reboot(params string[] how)
    {
        int before = Leader();
        await Shell.TryRun("systemctl", ["reboot", .. how]);
        await Eventually.Until("the host has ended", () => Task.FromResult(LeaderOrNone() != before), s_bootLimit);
        await Up();
    }

    /// <summary>What an administrator types for an upgrade; it brings the newer QEMU.</summary>
    /// <param name="repository">newer, or beyond: the QEMU that no VM of the host can follow to.</param>
    public async Task<string> AptUpgrade(string repository = "newer")
    {
        await Shell.Run("cp", $"/etc/apt/{repository}.list", "/etc/apt/sources.list.d/");
        await Shell.Run("apt-get", "-qq", "update");
        string said = await Shell.Run("apt", "--yes", "upgrade");
        await AssertUpgraded();
        return said;
    }

    /// <summary>The same packages without apt.</summary>
    public async Task DpkgInstall()
    {
        await Shell.Run("sh", "-c", "dpkg -i /srv/newer/*.deb");
        await AssertUpgraded();
    }

    /// <summary>The version of the package that is installed.</summary>
    public static Task<string> VersionOnDisk() => Shell.Run("dpkg-query", "-W", "-f", "${Version}", "qemu-system-x86");

    /// <summary>The build id of a program of the host: of the file, or of what a process runs (<c>/proc/PID/exe</c>).</summary>
    public static string BuildOf(string path)
    {
        using FileStream file = File.OpenRead(Reach.File(path));
        return ElfBuildId.Read(file) ?? throw new InvalidOperationException($"{path} has no build id.");
    }

    private async Task AssertUpgraded() => Assert.NotEqual(OldVersion, await VersionOnDisk());

    private async Task Up()
    {
        string state = "";
        await Eventually.Until(
            "the host is up", async () => LeaderOrNone() is not null &&
            (state = (await Shell.TryRun("systemctl", "is-system-running")).Output.Trim()) is "running" or "degraded", s_bootLimit);
        Assert.True(state == "running", $"The host {Release} is {state}: {(await Shell.TryRun("systemctl", "--failed", "--plain")).Output}");
    }

    /// <summary>It is looked at before anything is written below its root: that of another process would be this machine's.</summary>
    private int Leader() =>
        LeaderOrNone() is { } leader && File.ReadAllText($"/proc/{leader}/root/etc/hostname").Trim() == Release
            ? leader : throw new InvalidOperationException($"The host {Release} does not run.");

    /// <summary>Its PID 1, as seen from here: the only child of the systemd-nspawn that the bed keeps. None while it reboots.</summary>
    private int? LeaderOrNone() => Child(_keeper) is { } nspawn ? Child(nspawn) : null;

    private static int? Child(int process)
    {
        try
        {
            string[] children = File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return children.Length > 0 ? int.Parse(children[0], CultureInfo.InvariantCulture) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>What the host's journal says, for whoever looks into a failure.</summary>
    private async Task KeepLog()
    {
        if (Environment.GetEnvironmentVariable("VHHOSTS_LOGS") is not { Length: > 0 } folder || LeaderOrNone() is null)
            return;
        Directory.CreateDirectory(folder);
        ShellResult log = await Shell.TryRun("journalctl", "--no-pager", "-o", "short-monotonic");
        await File.WriteAllTextAsync(Path.Combine(folder, Text(Directory.GetFiles(folder).Length) + ".log"), log.Output);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Repository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "virt-handover.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests do not lie in a checkout.");
    }
}
