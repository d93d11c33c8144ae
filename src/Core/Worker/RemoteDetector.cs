using VirtHandover.Detection;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>The worker's scans.</summary>
/// <param name="worker">The worker.</param>
internal sealed class RemoteDetector(WorkerClient worker) : IDetector
{
    private volatile Dictionary<int, QemuInstance> _instances = [];
    private long _looks;

    /// <inheritdoc/>
    public long Looks => Interlocked.Read(ref _looks);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DetectedDomain>> ScanAsync(CancellationToken cancellationToken)
    {
        var domains = new List<DetectedDomain>();
        var instances = new Dictionary<int, QemuInstance>();
        using var call = await worker.AskAsync(new WorkerRequest.Scan(), cancellationToken).ConfigureAwait(false);
        await foreach (var reply in call.RepliesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (reply is WorkerReply.Looked looked)
                Interlocked.Exchange(ref _looks, looked.Looks);
            if (reply is WorkerReply.Seen seen)
            {
                domains.Add(seen.Domain);
                instances[seen.Domain.ProcessId] = seen.Instance;
            }
        }

        _instances = instances;
        return domains;
    }

    /// <summary>The process behind a pid, as the last scan has seen it: the front sees no processes of others.</summary>
    /// <param name="processId">The pid.</param>
    internal QemuInstance Identify(int processId) => _instances.TryGetValue(processId, out var instance) ? instance : new QemuInstance(processId, 0, "");
}
