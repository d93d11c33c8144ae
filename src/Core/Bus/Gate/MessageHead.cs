using System.Buffers.Binary;
using System.Text;

namespace VirtHandover.Bus.Gate;

/// <summary>What the kinds of messages are called in the D-Bus specification, "Message Format".</summary>
internal enum MessageKind : byte
{
    /// <summary>None that there is.</summary>
    Invalid,

    /// <summary>A call.</summary>
    MethodCall,

    /// <summary>An answer.</summary>
    MethodReturn,

    /// <summary>An answer that is an error.</summary>
    Error,

    /// <summary>A signal.</summary>
    Signal,
}

/// <summary>
/// The header of a message as it lies in the stream. The bus daemon has checked it and has itself written who the sender is; what does not fit all the same is
/// read as "not said".
/// </summary>
internal sealed record MessageHead
{
    /// <summary>Bytes of the part with a fixed place, which says how long the rest is.</summary>
    internal const int FixedBytes = 16;

    /// <summary><c>NO_REPLY_EXPECTED</c>, in <see cref="Flags"/>.</summary>
    internal const byte NoReplyExpected = 1;

    /// <summary>Where <see cref="Flags"/> lie.</summary>
    internal const int FlagsAt = 2;

    /// <summary>Call, answer, error or signal.</summary>
    internal MessageKind Kind { get; private init; }

    /// <summary>Its flags.</summary>
    internal byte Flags { get; private init; }

    /// <summary>Its number; unique for its sender.</summary>
    internal uint Serial { get; private init; }

    /// <summary>The number of the call that it answers; 0 for none.</summary>
    internal uint ReplySerial { get; private set; }

    /// <summary>The unique name of who sent it; empty when it is not said.</summary>
    internal string Sender { get; private set; } = "";

    /// <summary>To whom it goes; empty when it is not said.</summary>
    internal string Destination { get; private set; } = "";

    /// <summary>The interface; empty when it is not said.</summary>
    internal string Interface { get; private set; } = "";

    /// <summary>The method or signal; empty when it is not said.</summary>
    internal string Member { get; private set; } = "";

    /// <summary>Whether its caller waits for an answer.</summary>
    internal bool WantsReply => (Flags & NoReplyExpected) == 0;

    /// <summary>
    /// Whether it says that it answers a call, and is no answer. Anybody may send us a signal, and Tmds.DBus looks at that number alone: a call of ours would
    /// end with it.
    /// </summary>
    internal bool IsForged => ReplySerial != 0 && Kind is not (MessageKind.MethodReturn or MessageKind.Error);

    /// <summary>How long a message is.</summary>
    /// <param name="start">Its first <see cref="FixedBytes"/> bytes.</param>
    /// <returns>Bytes of the header with its padding, and of the body.</returns>
    /// <exception cref="BusException">These are no message's bytes.</exception>
    internal static (long Head, long Body) Lengths(ReadOnlySpan<byte> start)
    {
        if (start.Length < FixedBytes || start[0] is not ((byte)'l' or (byte)'B') || start[3] != 1)
            throw new BusException(BusErrorNames.Failed, "The bus sent something that is no D-Bus message.");
        long fields = Number(start, 12);
        return (FixedBytes + ((fields + 7) & ~7L), Number(start, 4));
    }

    /// <summary>A call's, made up.</summary>
    internal static MessageHead Of(string sender, uint serial, string @interface, string member) =>
        new() { Kind = MessageKind.MethodCall, Sender = sender, Serial = serial, Interface = @interface, Member = member };

    /// <summary>Reads a whole header.</summary>
    /// <param name="head">Its bytes; <see cref="Lengths"/> has taken them for one.</param>
    internal static MessageHead Read(ReadOnlySpan<byte> head)
    {
        var read = new MessageHead
        {
            Kind = head[1] <= (byte)MessageKind.Signal ? (MessageKind)head[1] : MessageKind.Invalid,
            Flags = head[FlagsAt],
            Serial = Number(head, 8),
        };
        var end = (int)Math.Min(head.Length, FixedBytes + (long)Number(head, 12));
        var at = FixedBytes;
        while (read.TakeField(head[..end], ref at))
        {
        }

        return read;
    }

    /// <summary>A number in a message, in the byte order that its first byte tells.</summary>
    internal static uint Number(ReadOnlySpan<byte> head, int at) => head[0] == (byte)'l'
        ? BinaryPrimitives.ReadUInt32LittleEndian(head[at..])
        : BinaryPrimitives.ReadUInt32BigEndian(head[at..]);

    // One (yv) of the array. False: there is no further one, or one of a type that no field of D-Bus has.
    private bool TakeField(ReadOnlySpan<byte> head, ref int at)
    {
        at = (at + 7) & ~7;
        if (at + 4 > head.Length || head[at + 1] != 1 || head[at + 3] != 0)
            return false;
        var (code, type) = (head[at], (char)head[at + 2]);
        at += 4;
        long length;
        switch (type)
        {
            case 'u' when at + 4 <= head.Length:
                if (code == 5)
                    ReplySerial = Number(head, at);
                at += 4;
                return true;
            case 'g' when at < head.Length:
                length = head[at++];
                break;
            case 's' or 'o' when at + 4 <= head.Length:
                length = Number(head, at);
                at += 4;
                break;
            default:
                return false;
        }

        if (at + length + 1 > head.Length)
            return false;
        Take(code, head.Slice(at, (int)length));
        at += (int)length + 1;
        return true;
    }

    private void Take(byte code, ReadOnlySpan<byte> value)
    {
        switch (code)
        {
            case 2:
                Interface = Encoding.UTF8.GetString(value);
                break;
            case 3:
                Member = Encoding.UTF8.GetString(value);
                break;
            case 6:
                Destination = Encoding.UTF8.GetString(value);
                break;
            case 7:
                Sender = Encoding.UTF8.GetString(value);
                break;
        }
    }
}
