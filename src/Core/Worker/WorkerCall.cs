using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>One call that the worker answers, in one or many replies.</summary>
/// <param name="replies">Its replies.</param>
/// <param name="stop">Tells the worker that nobody waits.</param>
/// <param name="forget">Drops what it still replies.</param>
internal sealed class WorkerCall(ChannelReader<WorkerReply> replies, Action stop, Action forget) : IDisposable
{
    private bool _ended;

    /// <summary>The replies up to the end of the call.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="WorkerException">The worker has ended, or could not do it.</exception>
    internal async IAsyncEnumerable<WorkerReply> RepliesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var reply in replies.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            _ended = reply is WorkerReply.Done or WorkerReply.Failed;
            if (reply is WorkerReply.Failed failed)
                throw WorkerFailure.Exception(failed);
            if (_ended)
                yield break;
            yield return reply;
        }
    }

    /// <summary>Tells the worker to stop what can be stopped; its last word is still awaited.</summary>
    internal void Stop() => stop();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ended)
            return;
        forget();
        stop();
    }
}
