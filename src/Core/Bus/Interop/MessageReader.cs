using System.Runtime.InteropServices;
using static VirtHandover.Bus.Interop.SdBusMessage;

namespace VirtHandover.Bus.Interop;

/// <summary>Copies a received message out of sd-bus.</summary>
internal static unsafe class MessageReader
{
    /// <exception cref="BusException">The message is damaged or carries a type that is not used here (a file descriptor).</exception>
    internal static BusMessage Read(nint message) => new(
        Text(sd_bus_message_get_sender(message)),
        Text(sd_bus_message_get_path(message)),
        Text(sd_bus_message_get_interface(message)),
        Text(sd_bus_message_get_member(message)),
        ReadAll(message));

    internal static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    private static List<BusValue> ReadAll(nint message)
    {
        var values = new List<BusValue>();
        while (TryRead(message, out var value))
            values.Add(value);
        return values;
    }

    private static bool TryRead(nint message, out BusValue value)
    {
        value = null!;
        var more = BusCheck.Succeeded(sd_bus_message_peek_type(message, out var type, out var contents), "read a D-Bus message") > 0;
        if (more)
            value = ReadOne(message, (char)type, Text(contents));
        return more;
    }

    private static BusValue ReadOne(nint message, char type, string contents)
    {
        switch (type)
        {
            case 'a':
                return new BusValue.Array(contents, ReadContainer(message, type, contents));
            case 'r':
                return new BusValue.Structure(ReadContainer(message, type, contents));
            case 'v':
                return new BusValue.Variant(ReadContainer(message, type, contents)[0]);
            case 'e':
                var pair = ReadContainer(message, type, contents);
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
            _ => throw new BusException(BusErrorNames.InvalidArgs, $"A D-Bus value has the type \"{type}\", which is not used here."),
        };
    }

    private static List<BusValue> ReadContainer(nint message, char type, string contents)
    {
        BusCheck.Succeeded(
            sd_bus_message_enter_container(message, (byte)type, contents), $"read a D-Bus value of type \"{type}{contents}\"");
        var items = ReadAll(message);
        BusCheck.Succeeded(sd_bus_message_exit_container(message), $"read a D-Bus value of type \"{type}{contents}\"");
        return items;
    }
}
