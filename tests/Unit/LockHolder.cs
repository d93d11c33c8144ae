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

    /// <summary>Who has the file write-locked, as another process sees it: none sees its own locks, and any look of its own by opening the file ends them.</summary>
    /// <returns>Its number; 0 when nobody has, or there is no such file.</returns>
    internal static async Task<int> SeenByOthers(string path)
    {
        if (!File.Exists(path))
            return 0;
        const string Look = "import fcntl,struct,sys; f=open(sys.argv[1],'r+'); l=fcntl.fcntl(f, fcntl.F_GETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)); "
            + "t,_,_,_,p=struct.unpack('hhqqi4x', l); print(0 if t == fcntl.F_UNLCK else p)";
        using var asking = Process.Start(new ProcessStartInfo("python3", ["-c", Look, path]) { RedirectStandardOutput = true })!;
        var said = await asking.StandardOutput.ReadToEndAsync();
        await asking.WaitForExitAsync();
        return int.Parse(said, System.Globalization.CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
