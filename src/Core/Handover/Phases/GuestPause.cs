using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>How long one handover has its guest stand still, by QEMU's own timestamps; also when it is undone.</summary>
internal sealed class GuestPause
{
    private static readonly TimeSpan EventLimit = TimeSpan.FromSeconds(1);

    private DateTimeOffset? _stoppedAt;
    private DateTimeOffset? _resumedAt;

    /// <summary>The first, short stop of a copy, in which the target got the network cards.</summary>
    internal TimeSpan Attach { get; set; }

    /// <summary>From the STOP event to the RESUME event of whichever QEMU went on; zero as long as one of them is missing.</summary>
    internal TimeSpan Length => _resumedAt - _stoppedAt is { } length && length > TimeSpan.Zero ? length : TimeSpan.Zero;

    /// <summary>The guest stands still.</summary>
    /// <param name="at">The STOP event; null when somebody had paused it before, which is no pause of the handover's.</param>
    internal void Stopped(DateTimeOffset? at) => _stoppedAt = at ?? _stoppedAt;

    /// <summary>The guest goes on in the target.</summary>
    /// <param name="at">The RESUME event.</param>
    internal void Resumed(DateTimeOffset at) => _resumedAt = at;

    /// <summary>The guest goes on in the source: reads when it had stopped and went on again.</summary>
    /// <param name="source">The source's monitor.</param>
    internal async Task ReadAsync(SourceMonitor source)
    {
        for (var read = 0; read < QmpLimits.Events && source.Events.TryRead(out var told); read++)
            Take(told);
        // The answer to 'cont' may come before its event.
        if (_stoppedAt is null || _resumedAt is not null)
            return;
        using var limit = new CancellationTokenSource(EventLimit);
        try
        {
            while (_resumedAt is null)
                Take(await source.Events.ReadAsync(limit.Token).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is OperationCanceledException or System.Threading.Channels.ChannelClosedException or QmpProtocolException)
        {
            // It stays paused, or it has ended: whoever ends the handover says which.
        }
    }

    private void Take(QmpEvent told)
    {
        if (told.Name == "STOP")
            _stoppedAt ??= told.At;
        else if (told.Name == "RESUME" && _stoppedAt is not null)
            _resumedAt = told.At;
    }
}
