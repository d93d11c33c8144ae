using Serilog;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>What root alone can see and run on the host besides VMs: package locks, the fleet's hold, <c>notify.d</c>, libvirt's events.</summary>
/// <param name="worker">The worker.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The service's log.</param>
internal sealed class RemoteHost(WorkerClient worker, TimeProvider time, ILogger log) : ITransactionProbe, IHoldProbe, INoticePrograms, IDomainWatch
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    /// <remarks>No, when there is no worker: then nothing starts either, because a scan goes before each handover.</remarks>
    public async Task<bool> IsRunningAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await worker.AnswerAsync<WorkerReply.Answer>(new WorkerRequest.IsInstalling(), cancellationToken).ConfigureAwait(false)).Yes;
        }
        catch (WorkerException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await worker.AnswerAsync<WorkerReply.Sentence>(new WorkerRequest.AskHold(), cancellationToken).ConfigureAwait(false)).Text;
        }
        catch (WorkerException e)
        {
            return $"The fleet is held, because it cannot be asked whether it is: {e.Message} Handovers go on when it can.";
        }
    }

    /// <inheritdoc/>
    public async Task TellAsync(Notice notice, CancellationToken cancellationToken)
    {
        try
        {
            await worker.DoAsync(new WorkerRequest.Tell(notice), cancellationToken).ConfigureAwait(false);
        }
        catch (WorkerException e)
        {
            log.Warning("The programs in notify.d were not told \"{Event}\": {Reason}", notice.Event, e.Message);
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(Action changed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changed);
        while (true)
        {
            try
            {
                using var call = await worker.AskAsync(new WorkerRequest.Watch(), cancellationToken).ConfigureAwait(false);
                // What happened while nobody listened was not told.
                changed();
                await foreach (var _ in call.RepliesAsync(cancellationToken).ConfigureAwait(false))
                    changed();
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Hints only save time. Whatever keeps them away must not end the service.
            }

            await Task.Delay(s_pause, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
