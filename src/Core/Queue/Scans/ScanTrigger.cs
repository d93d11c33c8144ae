namespace VirtHandover.Queue;

/// <summary>When to scan next: at once when asked, after the settle time when hinted, and slowly anyway.</summary>
internal sealed class ScanTrigger(QueueOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Wakeup _wakeup = new();
    private bool _asked;
    private DateTimeOffset? _settled;
    private DateTimeOffset _next = time.GetUtcNow();

    /// <summary>Somebody wants a scan that begins now or later: one that is under way may have looked past what it is wanted for.</summary>
    public void Ask()
    {
        lock (_lock)
        {
            _asked = true;
        }

        _wakeup.Set();
    }

    /// <summary>Something may have changed, and more of it may follow.</summary>
    public void Hint()
    {
        lock (_lock)
        {
            // The first hint decides: a package manager that keeps writing must not put the scan off for ever.
            _settled ??= time.GetUtcNow() + options.SettleTime;
        }

        _wakeup.Set();
    }

    /// <summary>The hint was too early; look again later.</summary>
    /// <param name="delay">How much later.</param>
    public void Postpone(TimeSpan delay)
    {
        lock (_lock)
        {
            _settled ??= time.GetUtcNow() + delay;
        }
    }

    /// <summary>Sets the time of the next scan that needs no reason.</summary>
    /// <param name="delay">From now.</param>
    public void Rearm(TimeSpan delay)
    {
        lock (_lock)
        {
            _next = time.GetUtcNow() + delay;
        }

        // The sleeping loop may have to get up earlier now.
        _wakeup.Set();
    }

    /// <summary>Waits for the next scan's time.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>True when only a hint leads to it.</returns>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            DateTimeOffset until;
            lock (_lock)
            {
                var now = time.GetUtcNow();
                if (_asked || _next <= now)
                {
                    _asked = false;
                    return false;
                }

                if (_settled <= now)
                {
                    _settled = null;
                    return true;
                }

                until = _settled < _next ? _settled.Value : _next;
            }

            await _wakeup.WaitAsync(until, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
