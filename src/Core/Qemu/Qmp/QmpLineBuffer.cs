namespace VirtHandover.Qemu;

/// <summary>Collects bytes until a line is complete. Grows up to <see cref="QmpLimits.LineBytes"/> and gives the memory back afterwards.</summary>
internal sealed class QmpLineBuffer
{
    private const int Usual = 64 * 1024;
    private readonly string _peer;
    private readonly int _limit;
    private byte[] _bytes;
    private int _start;
    private int _scanned;
    private int _end;

    internal QmpLineBuffer(string peer, int limit = QmpLimits.LineBytes)
    {
        _peer = peer;
        _limit = limit;
        _bytes = New();
    }

    /// <summary>True when a part of a line waits for its rest.</summary>
    internal bool HasPart => _end > _start;

    /// <summary>Where the next bytes go; never empty.</summary>
    /// <exception cref="QmpProtocolException">The line is too long.</exception>
    internal Memory<byte> Free()
    {
        if (_start > 0)
        {
            // Before the memory is given back: what lies behind its end then is no place any more.
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_scanned, _end, _start) = (_scanned - _start, _end - _start, 0);
        }

        if (_end == 0 && _bytes.Length > Usual)
            _bytes = New();

        if (_end == _bytes.Length)
        {
            if (_end >= _limit)
                throw new QmpProtocolException(QmpFault.TooLarge, $"The monitor of {_peer} sent a line of more than {_limit} bytes.");
            Array.Resize(ref _bytes, (int)Math.Min(_limit, _bytes.Length * 2L));
        }

        return _bytes.AsMemory(_end);
    }

    /// <summary>Says how many bytes were put into <see cref="Free"/>.</summary>
    internal void Add(int count) => _end += count;

    /// <summary>Takes the next complete line that is not blank.</summary>
    /// <param name="line">The line without its end; good until the next call of <see cref="Free"/>.</param>
    internal bool TryTake(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            var length = _bytes.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (length < 0)
            {
                _scanned = _end;
                line = default;
                return false;
            }

            line = _bytes.AsSpan(_start, _scanned + length - _start).Trim("\r \t"u8);
            _start = _scanned = _scanned + length + 1;
            if (!line.IsEmpty)
                return true;
        }
    }

    private byte[] New() => new byte[Math.Min(Usual, _limit)];
}
