using System.Diagnostics;

namespace VirtHandover.Tests.Unit;

/// <summary>Another process that holds a lock of fcntl's on a whole file: a write lock, as package managers and libvirt take it, or a reader's.</summary>
internal sealed class LockHolder : IAsyncDisposable
{
    private readonly Process _process;

    private LockHolder(Process process) => _process = process;

    internal int Id => _process.Id;

    internal static Task<LockHolder> Take(string path) => Take(path, "'r+'", "EX");

    internal static Task<LockHolder> TakeAsReader(string path) => Take(path, "'r'", "SH");

    private static async Task<LockHolder> Take(string path, string mode, string kind)
    {
        var process = Process.Start(new ProcessStartInfo("python3")
        {
            ArgumentList =
            {
                "-c", $"import fcntl,sys; f=open(sys.argv[1],{mode}); fcntl.lockf(f, fcntl.LOCK_{kind}); print('locked', flush=True); sys.stdin.read()", path,
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
