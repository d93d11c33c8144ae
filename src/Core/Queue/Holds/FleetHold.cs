using Serilog;
using VirtHandover.Logging;

namespace VirtHandover.Queue;

/// <summary>Asks something outside whether handovers may start now, and tells the queue.</summary>
/// <param name="options">The configuration.</param>
/// <param name="probe">Asks.</param>
/// <param name="queue">Who has to wait.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The service's log.</param>
public sealed class FleetHold(QueueOptions options, IHoldProbe probe, UpgradeQueue queue, TimeProvider time, ILogger log) : IDisposable
{
    private readonly SemaphoreSlim _asking = new(1);
    private string _last = "";

    /// <summary>True when the configuration names a file or a command.</summary>
    public bool IsConfigured => options.HoldFile.Length > 0 || options.HoldCommand.Length > 0;

    /// <summary>Asks again and again until it is told to stop, so that the queue shows what holds it.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await CheckAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(options.HoldInterval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks now, and tells the queue the answer.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (!IsConfigured)
        {
            return;
        }

        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var sentence = await probe.AskAsync(cancellationToken).ConfigureAwait(false);
            if (sentence.Length > 0 != _last.Length > 0)
            {
                log.ForContext(new About(MessageKind.FleetHold)).Information(
                    "{Sentence}", sentence.Length > 0 ? sentence : "The fleet is not held any more; handovers may start.");
            }

            _last = sentence;
            queue.SetHold(sentence);
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _asking.Dispose();
}
