using VirtHandover.Logging;

namespace VirtHandover.Queue;

/// <summary>Starts what may be moved in one outage of libvirt, and then the next: never two outages at once, never during a package transaction, never on an old view of the host.</summary>
public sealed class Scheduler : IDisposable
{
    private static readonly TimeSpan TransactionPoll = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(5);
    /// <summary>Longer than between two calls of somebody who approves several; shorter than anybody minds.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly QueueParts _parts;
    private readonly UpgradeQueue _queue;
    private readonly Scanner _scanner;
    private readonly Executor _executor;
    private readonly FleetHold _hold;
    private readonly Wakeup _wakeup = new();

    /// <summary>Creates a scheduler.</summary>
    /// <param name="parts">What it works with.</param>
    /// <param name="queue">What it empties.</param>
    /// <param name="scanner">Looks at the domains before and after each handover.</param>
    /// <param name="hold">Asked right before each handover.</param>
    public Scheduler(QueueParts parts, UpgradeQueue queue, Scanner scanner, FleetHold hold)
    {
        ArgumentNullException.ThrowIfNull(hold);
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(scanner);
        _parts = parts;
        _queue = queue;
        _scanner = scanner;
        _hold = hold;
        var alarm = new HandoverAlarm(queue, parts.Log);
        _executor = new Executor(parts, queue, scanner, alarm, new Recoverer(parts, alarm));
        _queue.Changed += _wakeup.Set;
    }

    /// <summary>First ends what an earlier service left running, then works until it is told to stop.</summary>
    /// <param name="cancellationToken">Stops it; a running handover goes on in its own process.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await _executor.RecoverAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var again = await WorkAsync(cancellationToken).ConfigureAwait(false);
            if (again is not { } pause)
            {
                continue;
            }

            var until = pause == Timeout.InfiniteTimeSpan ? _queue.NextDue : _parts.Time.GetUtcNow() + pause;
            await _wakeup.WaitAsync(until, _parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _queue.Changed -= _wakeup.Set;

    /// <summary>Does one thing.</summary>
    /// <returns>How long to sleep unless woken; null for not at all.</returns>
    private async Task<TimeSpan?> WorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            _queue.Tick();
            if (!_queue.HasWork)
            {
                return Timeout.InfiniteTimeSpan;
            }

            await GatherAsync(cancellationToken).ConfigureAwait(false);
            await WaitForTransactionAsync(cancellationToken).ConfigureAwait(false);
            await _hold.CheckAsync(cancellationToken).ConfigureAwait(false);
            if (!await _scanner.RefreshAsync(Fresh, cancellationToken).ConfigureAwait(false) || _queue.TakeTogether() is not { Count: > 0 } requests)
            {
                return Timeout.InfiniteTimeSpan;
            }

            await _executor.ExecuteAsync(requests, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (StoreException e)
        {
            _parts.Log.ForContext(new About(MessageKind.Alarm)).Error("No handover was started: {Reason}", e.Message);
            return StoreRetry;
        }
    }

    // Whoever approves ten means one outage of libvirt, not the first by itself and then the other nine.
    private async Task GatherAsync(CancellationToken cancellationToken)
    {
        var before = 0;
        for (var waiting = _queue.Waiting; waiting > before && waiting < _parts.Options.Together && _queue.MoreMayCome; waiting = _queue.Waiting)
        {
            before = waiting;
            await Task.Delay(Gathering, _parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WaitForTransactionAsync(CancellationToken cancellationToken)
    {
        var limit = _parts.Time.GetUtcNow() + _parts.Options.TransactionLimit;
        var told = false;
        var log = _parts.Log.ForContext(new About(MessageKind.PackageTransaction));
        while (await _parts.Transaction.IsRunningAsync(cancellationToken).ConfigureAwait(false))
        {
            _queue.SetTransaction(true);
            if (_parts.Time.GetUtcNow() >= limit)
            {
                log.Warning(
                    "The package transaction is still not over after TransactionLimit; handovers go on now, each with its own preflight and twin check.");
                _queue.SetTransaction(false);
                return;
            }

            if (!told)
            {
                log.Information(
                    "A package transaction is under way: rpm, dpkg or apt holds its lock, or dpkg was interrupted (then run \"dpkg --configure -a\"). "
                    + "Handovers wait for its end.");
                told = true;
            }

            await Task.Delay(TransactionPoll, _parts.Time, cancellationToken).ConfigureAwait(false);
        }

        _queue.SetTransaction(false);
    }
}
