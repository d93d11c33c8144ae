using System.Diagnostics;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

public class RpmTransactionTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_lock_that_another_process_holds_is_seen_and_its_end_too()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, ".rpm.lock");
        Assert.False(RpmTransaction.IsLocked(path));
        await File.WriteAllTextAsync(path, "");
        Assert.False(RpmTransaction.IsLocked(path));

        // As rpm takes it: a write lock of fcntl's on the whole file.
        using var holder = Process.Start(new ProcessStartInfo("python3")
        {
            ArgumentList =
            {
                "-c", "import fcntl,sys; f=open(sys.argv[1],'r+'); fcntl.lockf(f, fcntl.LOCK_EX); print('locked', flush=True); sys.stdin.read()", path,
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.Equal("locked", await holder.StandardOutput.ReadLineAsync());
            Assert.True(RpmTransaction.IsLocked(path));
        }
        finally
        {
            holder.StandardInput.Close();
            await holder.WaitForExitAsync();
        }

        Assert.False(RpmTransaction.IsLocked(path));
    }
}
