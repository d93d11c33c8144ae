using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VirtHandover.Bus.Interop;

namespace VirtHandover.Bus;

/// <summary>What sd-bus holds for us: a pending call, a match, an object. Lives on the bus thread only.</summary>
internal sealed class BusSlot
{
    private readonly BusConnection _owner;
    private GCHandle _self;

    /// <param name="owner">The connection; this slot adds itself to those it holds, and removes itself.</param>
    internal BusSlot(BusConnection owner)
    {
        _owner = owner;
        _self = GCHandle.Alloc(this);
        owner.Slots.Add(this);
    }

    /// <summary>sd-bus's own handle.</summary>
    internal nint Handle { get; set; }

    /// <summary>What sd-bus hands to our callbacks.</summary>
    internal nint Userdata => GCHandle.ToIntPtr(_self);

    /// <summary>A reply or a signal has come.</summary>
    internal Action<nint>? Received { get; init; }

    /// <summary>The bus has answered to a match.</summary>
    internal Action<nint>? Installed { get; init; }

    /// <summary>The connection ended before anything came.</summary>
    internal Action<string>? Abandoned { get; init; }

    /// <summary>What a vtable's callbacks need.</summary>
    internal ExportedInterface? Exported { get; init; }

    internal static BusSlot Of(nint userdata) => (BusSlot)GCHandle.FromIntPtr(userdata).Target!;

    /// <summary>Lets go of everything; may be called twice.</summary>
    internal void Release()
    {
        if (!_owner.Slots.Remove(this))
            return;
        if (Handle != 0)
            Handle = SdBus.sd_bus_slot_unref(Handle);
        _self.Free();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int OnReceived(nint message, nint userdata, nint error) => Run(userdata, slot => slot.Received, message);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int OnInstalled(nint message, nint userdata, nint error) => Run(userdata, slot => slot.Installed, message);

    // The actions deal with every error that a message can cause, so what arrives here is a fault of this program. It may
    // neither cross into C nor take the connection down for one message.
    private static int Run(nint userdata, Func<BusSlot, Action<nint>?> action, nint message)
    {
        var slot = Of(userdata);
        try
        {
            action(slot)?.Invoke(message);
        }
        catch (Exception e)
        {
            slot._owner.Report("A D-Bus message could not be handled.", e);
        }

        return 0;
    }
}

/// <summary>One interface of one exported object.</summary>
internal sealed record ExportedInterface(BusConnection Connection, InterfaceDefinition Definition, object Target);
