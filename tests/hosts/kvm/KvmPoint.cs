using CliWrap;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>A named point at which the next handover on the KVM host is held until it is let go; see <c>Checkpoint.cs</c>.</summary>
internal sealed class KvmPoint : IAsyncDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _limit = new(KvmHost.Limit);
    private readonly Task _holder;

    private KvmPoint(KvmHost host, string path) => _holder = Hold(host, path);

    public static async Task<KvmPoint> Set(KvmHost host, string point)
    {
        Assert.Contains(point, VirtHandover.Handover.Checkpoint.All);
        string directory = VirtHandover.Handover.Checkpoint.Directory;
        await host.Run($"mkdir -p {directory} && rm -f {directory}/{point} && mkfifo {directory}/{point}");
        return new KvmPoint(host, $"{directory}/{point}");
    }

    /// <summary>Waits until a handover stands there. No later one is held.</summary>
    public async Task Reached() => await _reached.Task.WaitAsync(KvmHost.Limit);

    public Task LetGo()
    {
        _go.TrySetResult();
        return _holder;
    }

    public async ValueTask DisposeAsync()
    {
        _go.TrySetResult();
        await _limit.CancelAsync();
        await _holder.ContinueWith(_ => { }, TaskScheduler.Default);
        _limit.Dispose();
    }

    // Opening a FIFO for writing waits for its reader, which is the keeper; the keeper reads until it is closed.
    private async Task Hold(KvmHost host, string path)
    {
        var input = PipeSource.Create(async (_, cancel) => await _go.Task.WaitAsync(cancel));
        var output = PipeTarget.ToDelegate(line =>
        {
            if (line == "reached")
                _reached.TrySetResult();
        });
        await host.Command($"exec 3> {path}; rm -f {path}; echo reached; cat > /dev/null").WithStandardInputPipe(input).WithStandardOutputPipe(output)
            .ExecuteAsync(_limit.Token);
    }
}
