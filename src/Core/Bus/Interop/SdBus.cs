using System.Runtime.InteropServices;

namespace VirtHandover.Bus.Interop;

/// <summary>The sd-bus calls that are used, spelled as in sd-bus(3). None is variadic: varargs have no portable P/Invoke form.</summary>
internal static unsafe partial class SdBus
{
    internal const string Library = "libsystemd.so.0";

    // see: https://www.freedesktop.org/software/systemd/man/sd_bus_new.html
    [LibraryImport(Library)]
    internal static partial int sd_bus_new(out nint bus);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_set_address(nint bus, string address);

    // see: sd_bus_set_fd(3), sd_bus_negotiate_fds(3)
    [LibraryImport(Library)]
    internal static partial int sd_bus_set_fd(nint bus, int input, int output);

    [LibraryImport(Library)]
    internal static partial int sd_bus_negotiate_fds(nint bus, int negotiate);

    [LibraryImport(Library)]
    internal static partial int sd_bus_set_bus_client(nint bus, int isClient);

    [LibraryImport(Library)]
    internal static partial int sd_bus_start(nint bus);

    [LibraryImport(Library)]
    internal static partial int sd_bus_is_ready(nint bus);

    [LibraryImport(Library)]
    internal static partial void sd_bus_close(nint bus);

    [LibraryImport(Library)]
    internal static partial nint sd_bus_unref(nint bus);

    // The event loop. see: sd_bus_process(3), sd_bus_get_fd(3)
    [LibraryImport(Library)]
    internal static partial int sd_bus_process(nint bus, nint* message);

    [LibraryImport(Library)]
    internal static partial int sd_bus_get_fd(nint bus);

    [LibraryImport(Library)]
    internal static partial int sd_bus_get_events(nint bus);

    [LibraryImport(Library)]
    internal static partial int sd_bus_get_timeout(nint bus, out ulong microseconds);

    // Sending. see: sd_bus_call(3), sd_bus_send(3)
    [LibraryImport(Library)]
    internal static partial int sd_bus_send(nint bus, nint message, ulong* cookie);

    [LibraryImport(Library)]
    internal static partial int sd_bus_call_async(
        nint bus, out nint slot, nint message, delegate* unmanaged[Cdecl]<nint, nint, nint, int> callback, nint userdata, ulong microseconds);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_add_match_async(
        nint bus,
        out nint slot,
        string match,
        delegate* unmanaged[Cdecl]<nint, nint, nint, int> callback,
        delegate* unmanaged[Cdecl]<nint, nint, nint, int> installCallback,
        nint userdata);

    [LibraryImport(Library)]
    internal static partial nint sd_bus_slot_unref(nint slot);

    // Objects. see: sd_bus_add_object_vtable(3), sd_bus_emit_signal(3)
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_add_object_vtable(
        nint bus, out nint slot, string path, string @interface, SdBusVtable* vtable, nint userdata);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_add_object_manager(nint bus, out nint slot, string path);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_emit_object_added(nint bus, string path);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_emit_object_removed(nint bus, string path);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_emit_properties_changed_strv(nint bus, string path, string @interface, byte** names);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_bus_error_set(nint error, string name, string message);
}
