using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace VirtHandover.Libvirt.Interop;

/// <summary>Lifecycle callbacks: they run on libvirt's event thread, copy what they are told and return.</summary>
internal static unsafe class LibVirtEvents
{
    /// <summary>Registers for the lives of all domains.</summary>
    /// <returns>The number to deregister with.</returns>
    public static int Register(ConnectionHandle connection, ChannelWriter<DomainEvent> events)
    {
        var state = GCHandle.Alloc(events);
        int callback = LibVirt.virConnectDomainEventRegisterAny(
            connection, 0, LibVirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, &OnLifecycle, (void*)GCHandle.ToIntPtr(state), &OnFree);
        if (callback < 0)
        {
            LibvirtException error = LibVirtError.Take("report the lives of its domains");
            state.Free();
            throw error;
        }

        return callback;
    }

    /// <summary>Ends a registration; libvirt frees its state through <see cref="OnFree"/>.</summary>
    public static int Deregister(ConnectionHandle connection, int callback) =>
        LibVirt.virConnectDomainEventDeregisterAny(connection, callback) < 0 ? throw LibVirtError.Take("stop its reports") : 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnLifecycle(nint connection, nint domain, int kind, int detail, void* opaque)
    {
        ChannelWriter<DomainEvent>? events = null;
        try
        {
            events = GCHandle.FromIntPtr((nint)opaque).Target as ChannelWriter<DomainEvent>;
            byte* uuid = stackalloc byte[LibVirt.VIR_UUID_STRING_BUFLEN];
            if (events is not null
                && LibVirt.virDomainGetUUIDString(domain, uuid) == 0
                && Guid.TryParse(Marshal.PtrToStringUTF8((nint)uuid), out Guid id))
            {
                string name = Marshal.PtrToStringUTF8((nint)LibVirt.virDomainGetName(domain)) ?? "";
                events.TryWrite(new DomainEvent(id, name, (DomainEventKind)kind));
            }
        }
        catch (Exception)
        {
            // No exception may pass through libvirt's frames. Whoever listens has missed something, and begins anew.
            _ = events?.TryComplete();
        }

        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnFree(void* opaque) => GCHandle.FromIntPtr((nint)opaque).Free();
}
