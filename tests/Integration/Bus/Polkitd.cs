using System.Diagnostics;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Bus;

/// <summary>The lab's polkit: the distribution's daemon, or none at all.</summary>
internal sealed class Polkitd : IAsyncDisposable
{
    private const string Program = "/usr/lib/polkit-1/polkitd";
    private const string Activation = "/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service";
    private const string Rules = "/etc/polkit-1/rules.d/10-test.rules";
    private Process? _process;

    /// <summary>Runs the daemon with the site's rules.</summary>
    public static async Task<Polkitd> Start(string rules = "")
    {
        await Absent();
        await File.WriteAllTextAsync(Rules, rules);
        var polkitd = new Polkitd { _process = Process.Start(new ProcessStartInfo(Program, ["--no-debug"])) };
        await Eventually.Until("polkitd is on the bus", async () => await Owner() is not null);
        return polkitd;
    }

    /// <summary>As on a host on which polkit is not installed: it does not run and the bus cannot start it.</summary>
    public static async Task Absent()
    {
        // /usr is the lab's own overlay.
        File.Delete(Activation);
        await Shell.Run("busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig");
        if (await Owner() is { } pid)
            await Shell.Run("kill", pid);
        await Eventually.Until("polkitd has left the bus", async () => await Owner() is null);
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(Rules);
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }

    private static async Task<string?> Owner()
    {
        var answer = await Shell.TryRun(
            "busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s",
            "org.freedesktop.PolicyKit1");
        return answer.ExitCode == 0 ? answer.Output.Trim().Split(' ')[1] : null;
    }
}
