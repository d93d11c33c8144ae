using System.Diagnostics;
using System.Net.Sockets;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu;

/// <summary>A real QEMU that a test starts and kills; its monitor is a socket in a directory of its own.</summary>
internal sealed class QemuProcess : IAsyncDisposable
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly DirectoryInfo _directory;

    private QemuProcess(Process process, DirectoryInfo directory)
    {
        _process = process;
        _directory = directory;
        Handle = ProcessHandle.Open(process.Id);
    }

    internal string MonitorPath => Path.Combine(_directory.FullName, "qmp");

    internal int Id => _process.Id;

    internal ProcessHandle Handle { get; }

    internal static async Task<QemuProcess> StartAsync(params string[] arguments)
    {
        var directory = Directory.CreateTempSubdirectory("vh-");
        var start = new ProcessStartInfo("qemu-system-x86_64") { RedirectStandardError = true };
        string[] all =
        [
            "-S", "-nodefaults", "-no-user-config", "-display", "none", "-m", "64", .. arguments,
            "-qmp", $"unix:{directory.FullName}/qmp,server=on,wait=off",
        ];
        foreach (var argument in all)
            start.ArgumentList.Add(argument);
        var qemu = new QemuProcess(Process.Start(start)!, directory);
        using var deadline = new CancellationTokenSource(Limit);
        while (!File.Exists(qemu.MonitorPath))
        {
            if (qemu._process.HasExited)
                throw new InvalidOperationException("QEMU did not start: " + await qemu._process.StandardError.ReadToEndAsync(deadline.Token));
            await Task.Delay(10, deadline.Token);
        }

        return qemu;
    }

    internal async Task<QmpClient> ConnectAsync()
    {
        using var deadline = new CancellationTokenSource(Limit);
        while (true)
        {
            try
            {
                return await QmpClient.ConnectAsync(MonitorPath, Handle, "the test's QEMU", Limit);
            }
            catch (QmpProtocolException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                // Its socket has a name a moment before it listens.
                await Task.Delay(10, deadline.Token);
            }
        }
    }

    internal void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Handle.Dispose();
        _directory.Delete(recursive: true);
    }
}
