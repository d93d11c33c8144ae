using Tmds.DBus.Protocol;

namespace VirtHandover.Bus.Wire;

/// <summary>
/// Writes values into a message. What a bus would not take is refused here: it would end the connection for it, and not the one message.
/// </summary>
internal static class BodyWriter
{
    /// <summary>The types of some arguments.</summary>
    /// <returns>Null for none: an empty signature is not written.</returns>
    internal static string? SignatureOf(IReadOnlyList<BusValue> values) =>
        values.Count == 0 ? null : string.Concat(values.Select(value => value.Signature));

    /// <summary>Writes arguments.</summary>
    /// <exception cref="BusException"><see cref="BusErrorNames.InvalidArgs"/>: one is none, for example an object path.</exception>
    internal static void Write(ref MessageWriter writer, IReadOnlyList<BusValue> values)
    {
        foreach (var value in values)
            Write(ref writer, value);
    }

    /// <summary>Whether a text is an object's path.</summary>
    internal static bool IsPath(string text) =>
        text == "/" || (text.StartsWith('/') && text[1..].Split('/').All(part => part.Length > 0 && part.All(IsOfPath)));

    private static bool IsOfPath(char letter) => char.IsAsciiLetterOrDigit(letter) || letter == '_';

    private static void Write(ref MessageWriter writer, BusValue value)
    {
        switch (value)
        {
            case BusValue.Byte { Value: var number }:
                writer.WriteByte(number);
                break;
            case BusValue.Boolean { Value: var boolean }:
                writer.WriteBool(boolean);
                break;
            case BusValue.Int16 { Value: var number }:
                writer.WriteInt16(number);
                break;
            case BusValue.UInt16 { Value: var number }:
                writer.WriteUInt16(number);
                break;
            case BusValue.Int32 { Value: var number }:
                writer.WriteInt32(number);
                break;
            case BusValue.UInt32 { Value: var number }:
                writer.WriteUInt32(number);
                break;
            case BusValue.Int64 { Value: var number }:
                writer.WriteInt64(number);
                break;
            case BusValue.UInt64 { Value: var number }:
                writer.WriteUInt64(number);
                break;
            case BusValue.Double { Value: var number }:
                writer.WriteDouble(number);
                break;
            case BusValue.Text { Value: var text }:
                writer.WriteString(BusText.Encode(text));
                break;
            case BusValue.ObjectPath { Value: var text }:
                writer.WriteObjectPath(IsPath(text) ? text : throw Refused(value, $"\"{text}\" is no object path"));
                break;
            case BusValue.TypeSignature { Value: var text }:
                writer.WriteSignature(BusSignature.IsValid(text) ? text : throw Refused(value, $"\"{text}\" is no signature"));
                break;
            case BusValue.Variant { Value: var inner }:
                writer.WriteSignature(inner.Signature);
                Write(ref writer, inner);
                break;
            case BusValue.Array array:
                WriteArray(ref writer, array);
                break;
            case BusValue.Structure { Fields: var fields }:
                writer.WriteStructureStart();
                Write(ref writer, fields.Count > 0 ? fields : throw Refused(value, "it has no fields"));
                break;
            case BusValue.Entry { Key: var key, Value: var entry }:
                writer.WriteDictionaryEntryStart();
                Write(ref writer, key);
                Write(ref writer, entry);
                break;
            default:
                throw Refused(value, "it cannot be sent");
        }
    }

    private static void WriteArray(ref MessageWriter writer, BusValue.Array array)
    {
        if (array.ElementSignature.Length == 0 || BusSignature.LengthOfOne(array.Signature) != array.Signature.Length)
            throw Refused(array, "its items have no type");
        var start = writer.WriteArrayStart((DBusType)array.ElementSignature[0]);
        foreach (var item in array.Items)
        {
            if (item.Signature != array.ElementSignature)
                throw Refused(array, $"one of its items has the type \"{item.Signature}\"");
            Write(ref writer, item);
        }

        writer.WriteArrayEnd(start);
    }

    private static BusException Refused(BusValue value, string why) =>
        new(BusErrorNames.InvalidArgs, $"Could not write a D-Bus value of type \"{value.Signature}\": {why}.");
}
