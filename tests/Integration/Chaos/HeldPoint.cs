using VirtHandover.Handover;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>A point at which the next handover is held until it is let go; see <see cref="Checkpoint"/>.</summary>
internal sealed class HeldPoint : IAsyncDisposable
{
    private readonly string _path;
    private FileStream? _held;

    private HeldPoint(string path) => _path = path;

    public static async Task<HeldPoint> Set(string point)
    {
        Assert.Contains(point, Checkpoint.All);
        string path = Path.Combine(Checkpoint.Directory, point);
        Directory.CreateDirectory(Reach.File(Checkpoint.Directory));
        File.Delete(Reach.File(path));
        await Shell.Run("mkfifo", path);
        return new HeldPoint(path);
    }

    /// <summary>Waits until so many handovers have come there, one after the other; the last of them stands. No later one is held.</summary>
    public async Task Reached(int arrival)
    {
        for (; arrival > 1; arrival--)
        {
            await Reached();
            // Another FIFO before this one is let go: the next that comes is held by that.
            await Shell.Run("mkfifo", _path);
            LetGo();
        }

        await Reached();
    }

    /// <summary>Waits until a handover stands there. No later one is held.</summary>
    public async Task Reached()
    {
        // Opening for writing waits for the reader, which is the keeper.
        Task<FileStream> open = Task.Run(() => new FileStream(Reach.File(_path), FileMode.Open, FileAccess.Write));
        if (await Task.WhenAny(open, Task.Delay(Eventually.Limit)) != open)
        {
            using (File.Open(Reach.File(_path), FileMode.Open, FileAccess.ReadWrite))
                (await open).Dispose();
            Assert.Fail($"The handover did not come to {Path.GetFileName(_path)}.");
        }

        _held = await open;
        File.Delete(Reach.File(_path));
    }

    /// <summary>What was to come there has ended before: what waits for it comes to its end, and nothing is held.</summary>
    /// <param name="reached">What <see cref="Reached()"/> gave.</param>
    public async Task NeverCame(Task reached)
    {
        await using var reader = new FileStream(Reach.File(_path), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        await reached;
    }

    public void LetGo() => _held?.Dispose();

    public ValueTask DisposeAsync()
    {
        _held?.Dispose();
        // A host that was rebooted meanwhile has not even its folder any more.
        if (Reach.File(_path) is var path && File.Exists(path))
            File.Delete(path);
        return ValueTask.CompletedTask;
    }
}
