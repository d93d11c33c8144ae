using System.Threading.Channels;

namespace VirtHandover.Queue;

/// <summary>Wakes one sleeping loop; calls before it sleeps are not lost, and several count as one.</summary>
internal sealed class Wakeup
{
    private readonly Channel<bool> _calls =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Wakes the loop.</summary>
    public void Set() => _calls.Writer.TryWrite(true);

    /// <summary>Sleeps until a call or a moment, whichever is first.</summary>
    /// <param name="until">The moment; null for a call only.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the sleep with an exception.</param>
    public async Task WaitAsync(DateTimeOffset? until, TimeProvider time, CancellationToken cancellationToken)
    {
        using var awake = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var called = _calls.Reader.WaitToReadAsync(awake.Token).AsTask();
        var span = until is { } moment ? moment - time.GetUtcNow() : Timeout.InfiniteTimeSpan;
        var delay = until is null
            ? Task.Delay(Timeout.InfiniteTimeSpan, awake.Token)
            : Task.Delay(Clamp(span), time, awake.Token);
        await Task.WhenAny(called, delay).ConfigureAwait(false);
        await awake.CancelAsync().ConfigureAwait(false);
        _calls.Reader.TryRead(out _);
        cancellationToken.ThrowIfCancellationRequested();
    }

    // Timers end after 49 days; the loop then just looks again.
    private static TimeSpan Clamp(TimeSpan span) =>
        span <= TimeSpan.Zero ? TimeSpan.Zero : span > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : span;
}
