using Tmds.DBus.Protocol;

namespace VirtHandover.Bus.Wire;

/// <summary>
/// Copies a received message. Every type of D-Bus is read, whether it is used here or not: others put new keys into their maps (dbus-daemon 1.16 its
/// <c>ProcessFD</c>), and whoever looks for one key must not stumble over another. dbus-daemon has checked what it passes on, dbus-broker only the header.
/// </summary>
internal static class BodyReader
{
    /// <summary>A message of 32 MiB, the most that a system bus passes on, could become a gigabyte of objects.</summary>
    internal const int MostValues = 1 << 22;

    // D-Bus: 32 arrays, 32 structures, and variants that together with them make 64.
    private const int MostDepth = 64;

    // A length is only a claim, and Tmds.DBus makes room for it before it looks whether so much has come.
    private const uint MostTextBytes = 32 * 1024 * 1024;

    /// <summary>Copies all of it.</summary>
    /// <exception cref="BusException"><see cref="BusErrorNames.InvalidArgs"/>: it is damaged or has more than <see cref="MostValues"/> values.</exception>
    internal static BusMessage Read(Message message) => new(
        message.SenderAsString ?? "",
        message.PathAsString ?? "",
        message.InterfaceAsString ?? "",
        message.MemberAsString ?? "",
        ReadBody(message));

    /// <summary>Copies the arguments.</summary>
    /// <exception cref="BusException">As above.</exception>
    internal static IReadOnlyList<BusValue> ReadBody(Message message)
    {
        try
        {
            var reader = message.GetBodyReader();
            var left = MostValues;
            return ReadAll(ref reader, message.SignatureAsString, ref left, 0);
        }
        catch (Exception e) when (e is not BusException)
        {
            // Whatever a reader says of bytes that are no message, it is the sender's error and nobody else's.
            throw Damaged(e.Message);
        }
    }

    private static List<BusValue> ReadAll(ref Reader reader, ReadOnlySpan<char> signature, ref int left, int depth)
    {
        var values = new List<BusValue>();
        while (signature.Length > 0)
        {
            var length = BusSignature.LengthOfOne(signature);
            values.Add(ReadOne(ref reader, signature[..length], ref left, depth));
            signature = signature[length..];
        }

        return values;
    }

    private static BusValue ReadOne(ref Reader reader, ReadOnlySpan<char> type, ref int left, int depth)
    {
        if (--left < 0)
            throw new BusException(BusErrorNames.InvalidArgs, $"A D-Bus message has more than {MostValues} values and is not read.");
        if (depth > MostDepth)
            throw Damaged("its values are nested too deeply");
        switch (type[0])
        {
            case 'y':
                return reader.ReadByte();
            case 'b':
                return reader.ReadBool();
            case 'n':
                return new BusValue.Int16(reader.ReadInt16());
            case 'q':
                return new BusValue.UInt16(reader.ReadUInt16());
            case 'i':
                return reader.ReadInt32();
            case 'u':
                return reader.ReadUInt32();
            case 'x':
                return reader.ReadInt64();
            case 't':
                return reader.ReadUInt64();
            case 'd':
                return reader.ReadDouble();
            case 's':
                return ReadText(ref reader);
            case 'o':
                return new BusValue.ObjectPath(ReadText(ref reader));
            case 'g':
                return new BusValue.TypeSignature(reader.ReadSignatureAsString());
            case 'h':
                // Its place among the descriptors of the message, of which none come: see BusConnection.
                _ = reader.ReadUInt32();
                return BusValue.Descriptor.Passed;
            case 'v':
                var inner = reader.ReadSignatureAsString();
                return BusSignature.LengthOfOne(inner) == inner.Length
                    ? new BusValue.Variant(ReadOne(ref reader, inner, ref left, depth + 1))
                    : throw Damaged($"a variant has the type \"{inner}\"");
            case 'a':
                return ReadArray(ref reader, type[1..], ref left, depth + 1);
            case '(':
                reader.AlignStruct();
                return new BusValue.Structure(ReadAll(ref reader, type[1..^1], ref left, depth + 1));
            default:
                reader.AlignStruct();
                var pair = ReadAll(ref reader, type[1..^1], ref left, depth);
                return new BusValue.Entry(pair[0], pair[1]);
        }
    }

    private static BusValue.Array ReadArray(ref Reader reader, ReadOnlySpan<char> element, ref int left, int depth)
    {
        var items = new List<BusValue>();
        var end = reader.ReadArrayStart((DBusType)element[0]);
        while (reader.HasNext(end))
            items.Add(ReadOne(ref reader, element, ref left, depth));
        return new BusValue.Array(element.ToString(), items);
    }

    private static string ReadText(ref Reader reader)
    {
        var ahead = reader;
        return ahead.ReadUInt32() is var length && length <= MostTextBytes
            ? reader.ReadString()
            : throw Damaged($"a text is said to have {length} bytes");
    }

    private static BusException Damaged(string what) => new(BusErrorNames.InvalidArgs, $"A D-Bus message is damaged: {what.TrimEnd('.')}.");
}
