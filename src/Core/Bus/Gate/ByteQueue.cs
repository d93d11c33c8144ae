namespace VirtHandover.Bus.Gate;

/// <summary>Bytes on their way to a socket.</summary>
internal sealed class ByteQueue
{
    // Kept for the next ones; what one long message needed is given back.
    private const int Kept = 64 * 1024;

    private byte[] _bytes = [];
    private int _start;
    private int _end;

    /// <summary>How many wait.</summary>
    internal int Count => _end - _start;

    /// <summary>Those that wait, the oldest first.</summary>
    internal ReadOnlySpan<byte> Waiting => _bytes.AsSpan(_start, Count);

    /// <summary>Puts some behind the others.</summary>
    internal void Add(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _end < bytes.Length)
        {
            var room = Count + bytes.Length <= _bytes.Length ? _bytes : new byte[Math.Max(Kept, 2 * (Count + bytes.Length))];
            Waiting.CopyTo(room);
            (_bytes, _start, _end) = (room, 0, Count);
        }

        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Takes the oldest away.</summary>
    /// <returns>How many there was room for.</returns>
    internal int Take(Span<byte> room)
    {
        var count = Math.Min(Count, room.Length);
        Waiting[..count].CopyTo(room);
        Drop(count);
        return count;
    }

    /// <summary>The oldest have gone.</summary>
    internal void Drop(int count)
    {
        _start += count;
        if (_start < _end)
            return;
        (_start, _end) = (0, 0);
        if (_bytes.Length > Kept)
            _bytes = [];
    }
}
