using static VirtHandover.Bus.Interop.SdBusMessage;

namespace VirtHandover.Bus.Interop;

/// <summary>Appends values to a message.</summary>
internal static unsafe class MessageWriter
{
    /// <exception cref="BusException">A value does not fit, for example an object path that is none.</exception>
    internal static void Append(nint message, IEnumerable<BusValue> values)
    {
        foreach (var value in values)
            Append(message, value);
    }

    /// <exception cref="BusException">As above.</exception>
    internal static void Append(nint message, BusValue value)
    {
        switch (value)
        {
            case BusValue.Byte { Value: var number }:
                AppendBasic(message, 'y', &number);
                break;
            case BusValue.Boolean { Value: var boolean }:
                var integer = boolean ? 1 : 0;
                AppendBasic(message, 'b', &integer);
                break;
            case BusValue.Int16 { Value: var number }:
                AppendBasic(message, 'n', &number);
                break;
            case BusValue.UInt16 { Value: var number }:
                AppendBasic(message, 'q', &number);
                break;
            case BusValue.Int32 { Value: var number }:
                AppendBasic(message, 'i', &number);
                break;
            case BusValue.UInt32 { Value: var number }:
                AppendBasic(message, 'u', &number);
                break;
            case BusValue.Int64 { Value: var number }:
                AppendBasic(message, 'x', &number);
                break;
            case BusValue.UInt64 { Value: var number }:
                AppendBasic(message, 't', &number);
                break;
            case BusValue.Double { Value: var number }:
                AppendBasic(message, 'd', &number);
                break;
            case BusValue.Text { Value: var text }:
                AppendText(message, 's', text);
                break;
            case BusValue.ObjectPath { Value: var text }:
                AppendText(message, 'o', text);
                break;
            case BusValue.TypeSignature { Value: var text }:
                AppendText(message, 'g', text);
                break;
            case BusValue.Descriptor { Number: var number }:
                AppendBasic(message, 'h', &number);
                break;
            case BusValue.Variant { Value: var inner }:
                AppendContainer(message, 'v', inner.Signature, [inner]);
                break;
            case BusValue.Array array:
                AppendContainer(message, 'a', array.ElementSignature, array.Items);
                break;
            case BusValue.Structure structure:
                AppendContainer(message, 'r', structure.Signature[1..^1], structure.Fields);
                break;
            case BusValue.Entry entry:
                AppendContainer(message, 'e', entry.Signature[1..^1], [entry.Key, entry.Value]);
                break;
            default:
                throw new BusException(BusErrorNames.InvalidArgs, $"No D-Bus type for {value.GetType().Name}.");
        }
    }

    private static void AppendContainer(nint message, char type, string contents, IReadOnlyList<BusValue> items)
    {
        BusCheck.Succeeded(sd_bus_message_open_container(message, (byte)type, contents), $"begin a D-Bus value of type \"{type}{contents}\"");
        Append(message, items);
        BusCheck.Succeeded(sd_bus_message_close_container(message), $"end a D-Bus value of type \"{type}{contents}\"");
    }

    private static void AppendText(nint message, char type, string text)
    {
        fixed (byte* bytes = BusText.Encode(text))
            AppendBasic(message, type, bytes);
    }

    private static void AppendBasic(nint message, char type, void* value) =>
        BusCheck.Succeeded(sd_bus_message_append_basic(message, (byte)type, value), $"write a D-Bus value of type \"{type}\"");
}
