using System.Diagnostics;
using System.Globalization;
using VirtHandover.Bus.Contract;

namespace VirtHandover.Bus.Gate;

/// <summary>
/// Stands between the bus and Tmds.DBus, and lets through what the service can bear: Tmds.DBus reads whatever comes into memory, up to 128 MiB a message,
/// and passes it on in the order of arrival, whoever sent it. What is too long is not kept at all, and what is too much is answered with
/// <see cref="BusErrorNames.LimitsExceeded"/>. It knows no sockets and waits for nothing; see <see cref="GatedStream"/>.
/// </summary>
internal sealed class BusGate
{
    /// <summary>Bytes that the bus has not taken yet, beyond which Tmds.DBus keeps its answers itself; the turnstile has let only so many callers in.</summary>
    internal const int MostUnsent = 256 * 1024;

    private const string BusDriver = "org.freedesktop.DBus";
    private const int Chunk = 64 * 1024;

    private readonly GateLimits _limits;
    private readonly Turnstile _turnstile;
    private readonly CallerNames _names;
    private readonly OwnMessage _own = new();
    private readonly Dictionary<uint, string> _asked = [];
    private readonly Queue<byte[]> _ownWaiting = new();
    private readonly MessageCutter _incoming;
    private readonly MessageCutter _outgoing;
    private readonly ByteQueue _inner = new();
    private readonly TokenBucket _unnamedRefusals;
    private byte[]? _message;
    private int _filled;
    private MessageHead? _head;
    private bool _swallow;
    private long _swept;

    /// <param name="limits">What may come through.</param>
    internal BusGate(GateLimits limits)
    {
        _limits = limits;
        _turnstile = new Turnstile(limits);
        _names = new CallerNames(limits);
        _unnamedRefusals = new TokenBucket(limits.RefusalsAtOnce, limits.RefusalsPerSecond, Now);
        _incoming = new MessageCutter(limits.HeadBytes, Begin, Take, End);
        _outgoing = new MessageCutter(Chunk, BeginOut, TakeOut, EndOut);
    }

    /// <summary>What is to be sent to the bus.</summary>
    internal ByteQueue Unsent { get; } = new();

    /// <summary>Signals that have gone to <see cref="Unsent"/>.</summary>
    internal long Signals { get; private set; }

    private static long Now => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <summary>The user who has a unique name, if it is remembered.</summary>
    internal uint? UserOf(string name) => _names.TryGet(name, out var userId) ? userId : null;

    /// <summary>Takes what has come from the bus.</summary>
    /// <exception cref="BusException">That is no D-Bus.</exception>
    internal void Receive(ReadOnlySpan<byte> data) => _incoming.Feed(data);

    /// <summary>Takes what Tmds.DBus sends.</summary>
    /// <exception cref="BusException">As above.</exception>
    internal void Send(ReadOnlySpan<byte> data) => _outgoing.Feed(data);

    /// <summary>Hands out what Tmds.DBus is to read: answers, signals, and the calls whose turn it is.</summary>
    /// <returns>Bytes; 0: nothing now.</returns>
    internal int Admit(Span<byte> room)
    {
        while (_inner.Count < Chunk && _turnstile.Next(Now) is { } call)
        {
            // Its answer is waited for here, even if its caller does not.
            call.Bytes[MessageHead.FlagsAt] &= unchecked((byte)~MessageHead.NoReplyExpected);
            _inner.Add(call.Bytes);
        }

        return _inner.Take(room);
    }

    /// <summary>Ends the waiting of those who have waited too long; to be called again and again.</summary>
    internal void Sweep()
    {
        var now = Now;
        if (now - _swept < 1000)
            return;
        _swept = now;
        foreach (var late in (IEnumerable<HeldCall>)[.. _turnstile.Expire(now), .. _names.Expire(now)])
        {
            Refuse(late.Head, string.Create(
                CultureInfo.InvariantCulture,
                $"The call waited {_limits.Patience.TotalSeconds:0} s for its turn, and virt-handoverd has not come to it: there are too many."));
        }
    }

    /// <summary>When there is something to do although nothing comes.</summary>
    /// <returns>Milliseconds from now; <see cref="Timeout.Infinite"/>: never.</returns>
    internal int NextMoment()
    {
        var now = Now;
        return _turnstile.NextMoment(now) is { } next ? (int)Math.Clamp(next - now, 1, 60_000) : _asked.Count > 0 ? 1000 : Timeout.Infinite;
    }

    private void Begin(ReadOnlySpan<byte> head, long body)
    {
        (_head, _message, _filled) = (null, null, 0);

        // A header that is too long has a name or a path in it that none of ours is, and its sender may stand behind it: not even answered.
        if (head.Length == 0)
            return;
        _head = MessageHead.Read(head);
        if (_head.IsForged)
            return;
        var (length, most) = (head.Length + body, MostOf(_head));
        if (length <= most)
        {
            _message = new byte[length];
            Take(head);
        }
        else if (_head.Kind == MessageKind.MethodCall)
        {
            Refuse(_head, string.Create(
                CultureInfo.InvariantCulture, $"The call has {length} bytes, and virt-handoverd reads none of {_head.Member} that has more than {most}."));
        }
    }

    private long MostOf(MessageHead head) => head.Kind switch
    {
        // The only call that carries a list; the bus's policy and the bouncer let root alone make it.
        MessageKind.MethodCall => head is { Interface: HandoverNames.Manager, Member: "NotifyUpdate" } ? _limits.ListBytes : _limits.CallBytes,
        MessageKind.MethodReturn or MessageKind.Error => _limits.AnswerBytes,

        // Anybody may send us a signal by our name; those that we have asked for are the bus's own.
        MessageKind.Signal when head.Sender == BusDriver => _limits.AnswerBytes,
        _ => 0,
    };

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (_message is null)
            return;
        bytes.CopyTo(_message.AsSpan(_filled));
        _filled += bytes.Length;
    }

    private void End()
    {
        if (_message is not { } message || _head is not { } head)
            return;
        (_message, _head) = (null, null);
        if (head.Kind != MessageKind.MethodCall)
        {
            if (head.ReplySerial <= OwnMessage.FirstSerial)
                _inner.Add(message);
            else
                TakeName(head, message);
            return;
        }

        var call = new HeldCall(head, message, Now);
        if (_names.TryGet(head.Sender, out var userId))
        {
            Offer(call, userId);
            return;
        }

        if (_names.Keep(call, out var refused))
        {
            var (question, serial) = _own.AskUser(head.Sender);
            _asked.Add(serial, head.Sender);
            SendOwn(question);
        }

        foreach (var one in refused)
            Refuse(one.Head, "virt-handoverd has too many calls of callers whom the bus has not named yet; try again in a moment.");
    }

    private void TakeName(MessageHead head, ReadOnlySpan<byte> message)
    {
        if (head.Sender != BusDriver || !_asked.Remove(head.ReplySerial, out var name))
            return;
        if (head.Kind != MessageKind.MethodReturn || message.Length < sizeof(uint))
        {
            _names.Leave(name);
            return;
        }

        // The answer is one number: the last four bytes.
        var userId = MessageHead.Number(message, message.Length - sizeof(uint));
        foreach (var call in _names.Learn(name, userId))
            Offer(call, userId);
    }

    private void Offer(HeldCall call, uint userId)
    {
        if (_turnstile.Offer(call, userId, Now) is { } refusal)
            Refuse(call.Head, refusal);
    }

    private void Refuse(MessageHead call, string sentence)
    {
        // Who sends faster than the bus takes our answers gets none.
        if (!call.WantsReply || call.Sender.Length == 0 || Unsent.Count >= MostUnsent || _ownWaiting.Count >= _limits.Waiting)
            return;
        if (_names.TryGet(call.Sender, out var userId) ? _turnstile.TellsRefusal(userId, Now) : _unnamedRefusals.TryTake(Now))
            SendOwn(_own.Error(call, BusErrorNames.LimitsExceeded, sentence));
    }

    private void SendOwn(byte[] message)
    {
        if (_outgoing.IsBetween)
            Unsent.Add(message);
        else
            _ownWaiting.Enqueue(message);
    }

    private void BeginOut(ReadOnlySpan<byte> head, long body)
    {
        if (head.Length == 0)
            throw new BusException(BusErrorNames.Failed, "A message that was to be sent has a header that no bus would take.");
        var sent = MessageHead.Read(head);
        Signals += sent.Kind == MessageKind.Signal ? 1 : 0;
        _swallow = sent.ReplySerial != 0 && _turnstile.Answered(sent.Destination, sent.ReplySerial) is { Head.WantsReply: false };
        TakeOut(head);
    }

    private void TakeOut(ReadOnlySpan<byte> bytes)
    {
        if (!_swallow)
            Unsent.Add(bytes);
    }

    private void EndOut()
    {
        while (_ownWaiting.TryDequeue(out var message))
            Unsent.Add(message);
    }
}
