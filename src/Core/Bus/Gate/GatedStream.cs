namespace VirtHandover.Bus.Gate;

/// <summary>
/// A connection with a <see cref="BusGate"/> in it. The bus is always read on, whatever Tmds.DBus does, so that the bus never has to queue for us, and root's
/// call never waits behind a flood.
/// </summary>
internal sealed class GatedStream : BusStream
{
    private const int Chunk = 64 * 1024;

    // All that a socket holds, in one reading: whoever floods us costs the bus's queue for us as little as can be.
    private const int ReceivedAtOnce = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly BusGate _gate;
    private readonly Timer _timer;
    private readonly byte[] _leaving = new byte[Chunk];
    private TaskCompletionSource? _wanted;
    private TaskCompletionSource? _room;
    private BusException? _failure;
    private bool _isSending;

    /// <param name="bus">The connection; it is closed with this stream.</param>
    /// <param name="limits">What may come through.</param>
    internal GatedStream(Stream bus, GateLimits limits)
        : base(bus)
    {
        _gate = new BusGate(limits);
        _timer = new Timer(_ => Tick());
        _ = ReceiveAsync();
    }

    /// <summary>Signals that the bus has taken, or is about to.</summary>
    internal long Signals
    {
        get
        {
            lock (_lock)
                return _gate.Signals;
        }
    }

    /// <summary>The user who has a unique name, if it is remembered.</summary>
    internal uint? UserOf(string name)
    {
        lock (_lock)
            return _gate.UserOf(name);
    }

    /// <summary>Ends the connection.</summary>
    /// <param name="reason">A sentence.</param>
    internal void End(string reason)
    {
        lock (_lock)
        {
            _failure ??= new BusException(BusErrorNames.Disconnected, reason);
            Wake_NeedsLock();
            _room?.TrySetResult();
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask<int> ReadMessagesAsync(Memory<byte> buffer)
    {
        while (true)
        {
            Task more;
            lock (_lock)
            {
                var count = _gate.Admit(buffer.Span);
                if (count > 0)
                    return count;
                if (_failure is not null)
                    throw _failure;
                _wanted ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                more = _wanted.Task;
                Arm_NeedsLock();
            }

            await more.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override ValueTask WriteMessagesAsync(ReadOnlyMemory<byte> data)
    {
        lock (_lock)
        {
            if (_failure is not null)
                throw _failure;
            _gate.Send(data.Span);
            GoOn_NeedsLock();
            if (_gate.Unsent.Count < BusGate.MostUnsent)
                return ValueTask.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _timer.Dispose();
            End("The connection was closed.");
        }

        base.Dispose(disposing);
    }

    private async Task ReceiveAsync()
    {
        var chunk = new byte[ReceivedAtOnce];
        try
        {
            while (true)
            {
                var count = await Bus.ReadAsync(chunk).ConfigureAwait(false);
                if (count == 0)
                {
                    End("The connection was closed at its other end.");
                    return;
                }

                lock (_lock)
                {
                    _gate.Receive(chunk.AsSpan(0, count));
                    GoOn_NeedsLock();
                }
            }
        }
        catch (Exception e)
        {
            // Nobody waits for this task; whoever reads or writes hears of it.
            End(e is BusException ? e.Message : $"The connection broke: {e.Message}");
        }
    }

    private void Tick()
    {
        try
        {
            lock (_lock)
                GoOn_NeedsLock();
        }
        catch (Exception e)
        {
            // A fault of this program. It ends this connection and nothing else: out of a timer it would end the process.
            End($"The gate before it has failed: {e.Message}");
        }
    }

    private void GoOn_NeedsLock()
    {
        _gate.Sweep();
        Wake_NeedsLock();
        if (!_isSending && _gate.Unsent.Count > 0)
        {
            _isSending = true;
            _ = SendAsync();
        }
    }

    // It looks by itself whether there is anything for it, and says when to wake it again.
    private void Wake_NeedsLock()
    {
        _wanted?.TrySetResult();
        _wanted = null;
    }

    private void Arm_NeedsLock()
    {
        try
        {
            _timer.Change(_gate.NextMoment(), Timeout.Infinite);
        }
        catch (ObjectDisposedException)
        {
            // It ends.
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (TakeLeaving() is > 0 and var count)
                await Bus.WriteAsync(_leaving.AsMemory(0, count)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            End($"The connection cannot be written to: {e.Message}");
        }
    }

    private int TakeLeaving()
    {
        lock (_lock)
        {
            var count = _gate.Unsent.Take(_leaving);
            _isSending = count > 0;
            if (_gate.Unsent.Count < BusGate.MostUnsent)
            {
                _room?.TrySetResult();
                _room = null;
            }

            return count;
        }
    }
}
