using System.Runtime.InteropServices;
using static VirtHandover.Bus.Interop.SdBusMessage;

namespace VirtHandover.Bus.Interop;

/// <summary>
/// Copies a received message out of sd-bus. Every type of D-Bus is read, whether it is used here or not: others put new keys into
/// their maps (dbus-daemon 1.16 its <c>ProcessFD</c>), and whoever looks for one key must not stumble over another.
/// </summary>
internal static unsafe class MessageReader
{
    /// <summary>A message of 32 MiB, the most that a system bus passes on, could become a gigabyte of objects.</summary>
    internal const int MostValues = 1 << 22;

    /// <exception cref="BusException">The message is damaged or has more than <see cref="MostValues"/> values.</exception>
    internal static BusMessage Read(nint message)
    {
        var left = MostValues;
        return new BusMessage(
            Text(sd_bus_message_get_sender(message)),
            Text(sd_bus_message_get_path(message)),
            Text(sd_bus_message_get_interface(message)),
            Text(sd_bus_message_get_member(message)),
            ReadAll(message, ref left));
    }

    internal static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    private static List<BusValue> ReadAll(nint message, ref int left)
    {
        var values = new List<BusValue>();
        while (TryRead(message, ref left, out var value))
            values.Add(value);
        return values;
    }

    private static bool TryRead(nint message, ref int left, out BusValue value)
    {
        value = null!;
        var more = BusCheck.Succeeded(sd_bus_message_peek_type(message, out var type, out var contents), "read a D-Bus message") > 0;
        if (!more)
            return false;
        if (--left < 0)
            throw new BusException(BusErrorNames.InvalidArgs, $"A D-Bus message has more than {MostValues} values and is not read.");
        value = ReadOne(message, (char)type, Text(contents), ref left);
        return true;
    }

    private static BusValue ReadOne(nint message, char type, string contents, ref int left)
    {
        switch (type)
        {
            case 'a':
                return new BusValue.Array(contents, ReadContainer(message, type, contents, ref left));
            case 'r':
                return new BusValue.Structure(ReadContainer(message, type, contents, ref left));
            case 'v':
                return new BusValue.Variant(ReadContainer(message, type, contents, ref left)[0]);
            case 'e':
                var pair = ReadContainer(message, type, contents, ref left);
                return new BusValue.Entry(pair[0], pair[1]);
        }

        // Every basic type fits into eight bytes; strings come as a pointer into the message.
        ulong room = 0;
        BusCheck.Succeeded(sd_bus_message_read_basic(message, (byte)type, &room), $"read a D-Bus value of type \"{type}\"");
        void* at = &room;
        return type switch
        {
            'y' => *(byte*)at,
            'b' => *(int*)at != 0,
            'n' => new BusValue.Int16(*(short*)at),
            'q' => new BusValue.UInt16(*(ushort*)at),
            'i' => *(int*)at,
            'u' => *(uint*)at,
            'x' => *(long*)at,
            't' => *(ulong*)at,
            'd' => *(double*)at,
            's' => Text(*(byte**)at),
            'o' => new BusValue.ObjectPath(Text(*(byte**)at)),
            'g' => new BusValue.TypeSignature(Text(*(byte**)at)),

            // The message owns its descriptors and closes them with itself: the number would not be true for long.
            'h' => new BusValue.Descriptor(-1),
            _ => throw new BusException(BusErrorNames.InvalidArgs, $"A D-Bus value has the type \"{type}\", which D-Bus does not know."),
        };
    }

    private static List<BusValue> ReadContainer(nint message, char type, string contents, ref int left)
    {
        BusCheck.Succeeded(
            sd_bus_message_enter_container(message, (byte)type, contents), $"read a D-Bus value of type \"{type}{contents}\"");
        var items = ReadAll(message, ref left);
        BusCheck.Succeeded(sd_bus_message_exit_container(message), $"read a D-Bus value of type \"{type}{contents}\"");
        return items;
    }
}
