using System.Buffers.Binary;
using System.Text;

namespace VirtHandover.Bus.Gate;

/// <summary>Writes the two messages that the gate itself sends, little-endian, with numbers of its own.</summary>
internal sealed class OwnMessage
{
    /// <summary>Tmds.DBus counts from 1; it does not come so far.</summary>
    internal const uint FirstSerial = 0xC000_0000;

    private readonly List<byte> _bytes = [];
    private uint _last = FirstSerial;

    /// <summary>Answers a call with an error.</summary>
    internal byte[] Error(MessageHead call, string name, string sentence) => Write(
        MessageKind.Error, MessageHead.NoReplyExpected, sentence, call.Serial, new Field(4, 's', name), new Field(6, 's', call.Sender), new Field(8, 'g', "s"));

    /// <summary>Asks the bus for the user of a connection.</summary>
    /// <param name="name">Its unique name.</param>
    /// <returns>The call, and its number.</returns>
    internal (byte[] Bytes, uint Serial) AskUser(string name)
    {
        var bytes = Write(
            MessageKind.MethodCall,
            0,
            name,
            0,
            new Field(1, 'o', "/org/freedesktop/DBus"),
            new Field(2, 's', "org.freedesktop.DBus"),
            new Field(3, 's', "GetConnectionUnixUser"),
            new Field(6, 's', "org.freedesktop.DBus"),
            new Field(8, 'g', "s"));
        return (bytes, _last);
    }

    private byte[] Write(MessageKind kind, byte flags, string argument, uint replyTo, params ReadOnlySpan<Field> fields)
    {
        _last = _last == uint.MaxValue ? FirstSerial + 1 : _last + 1;
        _bytes.Clear();
        _bytes.AddRange([(byte)'l', (byte)kind, flags, 1]);
        AddNumber(0);
        AddNumber(_last);
        AddNumber(0);
        if (replyTo != 0)
        {
            _bytes.AddRange([5, 1, (byte)'u', 0]);
            AddNumber(replyTo);
        }

        foreach (var (code, type, value) in fields)
        {
            Pad(8);
            _bytes.AddRange([code, 1, (byte)type, 0]);
            AddText(value, isSignature: type == 'g');
        }

        var end = _bytes.Count;
        Pad(8);
        var body = _bytes.Count;
        AddText(argument, isSignature: false);
        var all = _bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(all.AsSpan(4), all.Length - body);
        BinaryPrimitives.WriteInt32LittleEndian(all.AsSpan(12), end - MessageHead.FixedBytes);
        return all;
    }

    private void AddNumber(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        _bytes.AddRange(bytes);
    }

    private void AddText(string text, bool isSignature)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (isSignature)
            _bytes.Add((byte)bytes.Length);
        else
            AddNumber((uint)bytes.Length);
        _bytes.AddRange(bytes);
        _bytes.Add(0);
    }

    private void Pad(int to)
    {
        while (_bytes.Count % to != 0)
            _bytes.Add(0);
    }

    private readonly record struct Field(byte Code, char Type, string Value);
}
