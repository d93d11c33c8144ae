using System.Diagnostics;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>Another process that holds a lock as package managers take it: a write lock of fcntl's on the whole file.</summary>
internal sealed class LockHolder : IAsyncDisposable
{
    private readonly Process _process;

    private LockHolder(Process process) => _process = process;

    internal static async Task<LockHolder> Take(string path)
    {
        var process = Process.Start(new ProcessStartInfo("python3")
        {
            ArgumentList =
            {
                "-c", "import fcntl,sys; f=open(sys.argv[1],'r+'); fcntl.lockf(f, fcntl.LOCK_EX); print('locked', flush=True); sys.stdin.read()", path,
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var holder = new LockHolder(process);
        Assert.Equal("locked", await process.StandardOutput.ReadLineAsync());
        return holder;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
