using System.Diagnostics;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Service;

/// <summary>The worker with a socket, as systemd starts it: systemd's own tool hands it over here.</summary>
internal sealed class SocketWorker : IAsyncDisposable
{
    public const string Path = "/run/lab/worker.sock";

    private readonly Process _process;

    private SocketWorker(Process process) => _process = process;

    /// <summary>Its pid, which the tool's becomes when somebody connects.</summary>
    public int Pid => _process.Id;

    public static async Task<SocketWorker> Start()
    {
        File.Delete(Path);
        var process = Process.Start(new ProcessStartInfo("systemd-socket-activate")
        {
            ArgumentList = { "--listen=" + Path, "--setenv=PATH", TheService.Program, "work" },
        })!;
        await Eventually.Until("the worker's socket is there", () => Task.FromResult(File.Exists(Path)));
        // That everybody may connect is this test's point: the worker asks the kernel who it is.
        await Shell.Run("chmod", "666", Path);
        return new SocketWorker(process);
    }

    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process.Dispose();
        File.Delete(Path);
    }
}
