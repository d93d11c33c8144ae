using VirtHandover.Bus.Gate;

namespace VirtHandover.Bus;

/// <summary>
/// What Tmds.DBus reads and writes: the messages of a connection that <see cref="BusGreeting"/> has begun. Its own greeting ends here, answered with what it
/// expects.
/// </summary>
internal class BusStream : Stream
{
    private const int Chunk = 16 * 1024;

    // Names end at 255 bytes, and no path of ours has hundred: what has more is no message for us.
    private const int MostHead = 8 * 1024;

    private static readonly byte[] s_accepted = "OK 00000000000000000000000000000000\r\n"u8.ToArray();

    private readonly ByteQueue _arrived = new();
    private readonly MessageCutter _cutter;
    private readonly List<byte> _line = [];
    private byte[]? _chunk;
    private int _told;
    private bool _begun;
    private bool _isForged;

    /// <param name="bus">The connection; it is closed with this stream.</param>
    internal BusStream(Stream bus)
    {
        Bus = bus;
        _cutter = new MessageCutter(
            MostHead,
            (head, _) =>
            {
                _isForged = head.Length == 0 || MessageHead.Read(head).IsForged;
                Pass(head);
            },
            Pass,
            () => { });
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The connection.</summary>
    protected Stream Bus { get; }

    /// <inheritdoc/>
    public sealed override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_told == s_accepted.Length)
            return ReadMessagesAsync(buffer);
        var count = Math.Min(buffer.Length, s_accepted.Length - _told);
        s_accepted.AsSpan(_told, count).CopyTo(buffer.Span);
        _told += count;
        return ValueTask.FromResult(count);
    }

    /// <inheritdoc/>
    public sealed override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var at = 0;
        while (!_begun && at < buffer.Length)
        {
            var letter = buffer.Span[at++];
            _line.Add(letter);
            if (letter != '\n')
                continue;
            _begun = _line is [(byte)'B', (byte)'E', (byte)'G', (byte)'I', (byte)'N', ..];
            _line.Clear();
        }

        return at < buffer.Length ? WriteMessagesAsync(buffer[at..]) : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Reads some of the messages that come.</summary>
    /// <returns>How many bytes; 0 at the end.</returns>
    protected virtual async ValueTask<int> ReadMessagesAsync(Memory<byte> buffer)
    {
        _chunk ??= new byte[Chunk];
        while (_arrived.Count == 0)
        {
            var got = await Bus.ReadAsync(_chunk).ConfigureAwait(false);
            if (got == 0)
                return 0;
            _cutter.Feed(_chunk.AsSpan(0, got));
        }

        return _arrived.Take(buffer.Span);
    }

    /// <summary>Sends some of the messages that go.</summary>
    protected virtual ValueTask WriteMessagesAsync(ReadOnlyMemory<byte> data) => Bus.WriteAsync(data);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Bus.Dispose();
        base.Dispose(disposing);
    }

    private void Pass(ReadOnlySpan<byte> bytes)
    {
        if (!_isForged)
            _arrived.Add(bytes);
    }
}
