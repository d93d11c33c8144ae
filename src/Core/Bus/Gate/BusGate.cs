using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using VirtHandover.Bus.Contract;
using VirtHandover.Bus.Interop;

namespace VirtHandover.Bus.Gate;

/// <summary>
/// Stands between the bus and sd-bus, in one thread with it, and lets through what the service can bear: sd-bus reads whatever comes into memory, up to
/// 32 MiB a message, and answers in the order of arrival, whoever sent it. The socket is always read on, so that the bus never has to queue for us, and
/// root's call never waits behind a flood; what is too long is not kept at all, and what is too much is answered with
/// <see cref="BusErrorNames.LimitsExceeded"/>. Descriptors are not passed: the service uses none.
/// </summary>
internal sealed class BusGate : IDisposable
{
    private const string BusDriver = "org.freedesktop.DBus";
    private const int Chunk = 64 * 1024;

    // Answers that the bus has not taken yet; beyond it sd-bus keeps them, of whom the turnstile has let in only so many.
    private const int MostUnsent = 256 * 1024;

    // What one step reads before the others are served: a whole long message of a flood is some steps.
    private const int ChunksInOneStep = 16;

    private readonly GateLimits _limits;
    private readonly Socket _socket;
    private readonly BusPipe _bus;
    private readonly BusPipe _inner;
    private readonly Turnstile _turnstile;
    private readonly CallerNames _names;
    private readonly OwnMessage _own = new();
    private readonly Dictionary<uint, string> _asked = [];
    private readonly Queue<byte[]> _ownWaiting = new();
    private readonly SaslLines _sasl = new();
    private readonly MessageCutter _incoming;
    private readonly MessageCutter _outgoing;
    private readonly byte[] _chunk = new byte[Chunk];
    private readonly TokenBucket _unnamedRefusals;
    private byte[]? _message;
    private int _filled;
    private MessageHead? _head;
    private bool _swallow;
    private long _swept;

    private BusGate(Socket socket, int inner, int outer, GateLimits limits)
    {
        (_socket, Inner, _limits) = (socket, inner, limits);
        _bus = new BusPipe((int)socket.Handle);
        _inner = new BusPipe(outer);
        _turnstile = new Turnstile(limits);
        _names = new CallerNames(limits);
        _unnamedRefusals = new TokenBucket(limits.RefusalsAtOnce, limits.RefusalsPerSecond, Now);
        _incoming = new MessageCutter(limits.HeadBytes, Begin, Take, End);
        _outgoing = new MessageCutter(Chunk, BeginOut, TakeOut, EndOut);
    }

    /// <summary>The end that is sd-bus's; it closes it.</summary>
    internal int Inner { get; }

    private static long Now => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <summary>Connects.</summary>
    /// <param name="address">A D-Bus address.</param>
    /// <param name="limits">What may come through.</param>
    /// <returns>The gate, to be disposed of.</returns>
    /// <exception cref="BusException">There is no bus.</exception>
    internal static unsafe BusGate Open(string address, GateLimits limits)
    {
        var socket = BusAddress.Connect(address);
        var ends = stackalloc int[2];
        if (Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, ends) == 0)
            return new BusGate(socket, ends[0], ends[1], limits);
        socket.Dispose();
        throw new BusException(BusErrorNames.Failed, "Could not make a pair of sockets.");
    }

    /// <summary>The user who has a unique name, if it is remembered.</summary>
    internal uint? UserOf(string name) => _names.TryGet(name, out var userId) ? userId : null;

    /// <summary>Passes on what can be passed on without waiting.</summary>
    /// <returns>Whether anything was, so that there may be more.</returns>
    /// <exception cref="BusException">The connection has ended.</exception>
    internal bool Step()
    {
        var any = false;
        for (var turn = 0; turn < ChunksInOneStep && _bus.Read(_chunk) is > 0 and var got; turn++)
        {
            Receive(_chunk.AsSpan(0, got));
            any = true;
        }

        Sweep();
        while (_inner.Unsent < Chunk && _turnstile.Next(Now) is { } call)
        {
            // Its answer is waited for here, even if its caller does not.
            call.Bytes[MessageHead.FlagsAt] &= unchecked((byte)~MessageHead.NoReplyExpected);
            _inner.Write(call.Bytes);
        }

        any |= _inner.Flush();
        while (_bus.Unsent < MostUnsent && _inner.Read(_chunk) is > 0 and var got)
        {
            Send(_chunk.AsSpan(0, got));
            any = true;
        }

        return _bus.Flush() || any;
    }

    /// <summary>What to wait for.</summary>
    internal GateWait Wait()
    {
        var now = Now;
        return new GateWait(
            _bus.Descriptor,
            (short)(Libc.POLLIN | (_bus.Unsent > 0 ? Libc.POLLOUT : 0)),
            _inner.Descriptor,
            (short)((_bus.Unsent < MostUnsent ? Libc.POLLIN : 0) | (_inner.Unsent > 0 ? Libc.POLLOUT : 0)),
            _turnstile.NextMoment(now) is { } next ? (int)Math.Clamp(next - now, 1, 60_000) : _asked.Count > 0 ? 1000 : -1);
    }

    /// <summary>Closes the connection to the bus.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _ = Libc.close(_inner.Descriptor);
    }

    private void Receive(ReadOnlySpan<byte> data)
    {
        var lines = _sasl.TakeAnswers(data);
        _inner.Write(data[..lines]);
        _incoming.Feed(data[lines..]);
    }

    private void Begin(ReadOnlySpan<byte> head, long body)
    {
        (_head, _message, _filled) = (null, null, 0);

        // A header that is too long has a name or a path in it that none of ours is, and its sender may stand behind it: not even answered.
        if (head.Length == 0)
            return;
        _head = MessageHead.Read(head);
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
                _inner.Write(message);
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
        if (!call.WantsReply || call.Sender.Length == 0 || _bus.Unsent >= MostUnsent || _ownWaiting.Count >= _limits.Waiting)
            return;
        if (_names.TryGet(call.Sender, out var userId) ? _turnstile.TellsRefusal(userId, Now) : _unnamedRefusals.TryTake(Now))
            SendOwn(_own.Error(call, BusErrorNames.LimitsExceeded, sentence));
    }

    private void SendOwn(byte[] message)
    {
        if (_outgoing.IsBetween)
            _bus.Write(message);
        else
            _ownWaiting.Enqueue(message);
    }

    private void Send(ReadOnlySpan<byte> data)
    {
        var lines = _sasl.TakeCommands(data);
        _bus.Write(data[..lines]);
        _outgoing.Feed(data[lines..]);
    }

    private void BeginOut(ReadOnlySpan<byte> head, long body)
    {
        var sent = MessageHead.Read(head);
        _swallow = sent.ReplySerial != 0 && _turnstile.Answered(sent.Destination, sent.ReplySerial) is { Head.WantsReply: false };
        TakeOut(head);
    }

    private void TakeOut(ReadOnlySpan<byte> bytes)
    {
        if (!_swallow)
            _bus.Write(bytes);
    }

    private void EndOut()
    {
        while (_ownWaiting.TryDequeue(out var message))
            _bus.Write(message);
    }

    private void Sweep()
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
}

/// <summary>What the gate waits for.</summary>
/// <param name="Bus">The bus's socket.</param>
/// <param name="BusEvents">For <c>poll</c>.</param>
/// <param name="Inner">The socket to sd-bus.</param>
/// <param name="InnerEvents">For <c>poll</c>.</param>
/// <param name="Milliseconds">How long; -1 for ever.</param>
internal readonly record struct GateWait(int Bus, short BusEvents, int Inner, short InnerEvents, int Milliseconds);
