using System.Buffers.Binary;
using System.Text;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>The bytes of a message's body, little-endian; as right or as wrong as a test wants it.</summary>
internal sealed class RawBody
{
    private readonly List<byte> _bytes = [];

    internal byte[] Bytes => [.. _bytes];

    internal RawBody Align(int to)
    {
        while (_bytes.Count % to != 0)
            _bytes.Add(0);
        return this;
    }

    internal RawBody Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    internal RawBody UInt32(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        return Align(4).Raw(bytes);
    }

    internal RawBody Text(string text) => UInt32((uint)Encoding.UTF8.GetByteCount(text)).Raw(Encoding.UTF8.GetBytes(text + "\0"));

    internal RawBody Signature(string text) => Raw((byte)text.Length).Raw(Encoding.UTF8.GetBytes(text + "\0"));

    internal RawBody Entry(string key, string type, Action<RawBody> value)
    {
        Align(8).Text(key).Signature(type);
        value(this);
        return this;
    }

    internal RawBody Array(int alignment, Action<RawBody> items)
    {
        UInt32(0);
        var length = _bytes.Count - 4;
        Align(alignment);
        var start = _bytes.Count;
        items(this);
        BinaryPrimitives.WriteInt32LittleEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes)[length..], _bytes.Count - start);
        return this;
    }
}
