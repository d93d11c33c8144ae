namespace VirtHandover.Bus.Gate;

/// <summary>Cuts a stream into messages while it comes, and keeps no more of it than one header.</summary>
/// <param name="mostHead">Bytes of the longest header that is looked at.</param>
/// <param name="begun">A header has come, with the bytes that follow it; empty: it is longer than that.</param>
/// <param name="bytes">Some of the bytes that follow it.</param>
/// <param name="ended">That was all of the message.</param>
internal sealed class MessageCutter(
    int mostHead, MessageCutter.Beginning begun, Action<ReadOnlySpan<byte>> bytes, Action ended)
{
    private readonly byte[] _head = new byte[mostHead];
    private int _have;
    private int _need = MessageHead.FixedBytes;
    private long _left = -1;

    /// <summary>Takes a message's header.</summary>
    internal delegate void Beginning(ReadOnlySpan<byte> head, long body);

    /// <summary>True between two messages.</summary>
    internal bool IsBetween => _have == 0 && _left < 0;

    /// <summary>Takes what has come.</summary>
    /// <exception cref="BusException">That is no D-Bus.</exception>
    internal void Feed(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            var part = (int)Math.Min(data.Length, _left < 0 ? _need - _have : _left);
            if (_left < 0)
                TakeHead(data[..part]);
            else
                TakeBody(data[..part]);
            data = data[part..];
            if (_left == 0)
                End();
        }
    }

    private void TakeHead(ReadOnlySpan<byte> data)
    {
        data.CopyTo(_head.AsSpan(_have));
        _have += data.Length;
        if (_have < _need)
            return;
        var (head, body) = MessageHead.Lengths(_head);
        if (head > _head.Length)
        {
            begun([], head + body);
            _left = head - _have + body;
        }
        else if (_have < head)
        {
            _need = (int)head;
        }
        else
        {
            begun(_head.AsSpan(0, _have), body);
            _left = body;
        }
    }

    private void TakeBody(ReadOnlySpan<byte> data)
    {
        bytes(data);
        _left -= data.Length;
    }

    private void End()
    {
        (_have, _need, _left) = (0, MessageHead.FixedBytes, -1);
        ended();
    }
}
