using VirtHandover.Libvirt;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Libvirt;

/// <summary>The lab's libvirtd: a plain process.</summary>
internal static class Daemon
{
    private const string PidFile = "/run/libvirtd.pid";

    /// <summary>Sends it a signal, such as <c>STOP</c>.</summary>
    public static async Task Signal(string signal) => await Shell.Run("kill", "-" + signal, await Pid());

    /// <summary>Ends it and sees it gone; guests run on.</summary>
    public static async Task Stop()
    {
        string pid = await Pid();
        await Signal("TERM");
        await Eventually.Until("libvirtd has ended", async () => (await Shell.TryRun("grep", "-L", ") Z ", $"/proc/{pid}/stat")).Output.Length == 0);
    }

    /// <summary>Starts it and waits until it answers.</summary>
    public static async Task Start()
    {
        await Shell.Run("libvirtd", "--daemon", "--pid-file", PidFile);
        await using LibvirtConnection connection = await LibvirtConnection.OpenWhenReadyAsync(LibvirtConnection.SystemUri, Eventually.Limit, default);
    }

    private static async Task<string> Pid() => (await File.ReadAllTextAsync(PidFile)).Trim();
}
