using System.Runtime.InteropServices;

namespace VirtHandover.Bus.Interop;

/// <summary>
/// One entry of <c>sd_bus_vtable</c>: 8 bytes (the type in the low byte, 56 flag bits above it) and a union of at most six words.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SdBusVtable
{
    internal const byte Start = (byte)'<';
    internal const byte End = (byte)'>';
    internal const byte Method = (byte)'M';
    internal const byte Signal = (byte)'S';
    internal const byte Property = (byte)'P';

    // see: sd_bus_add_object_vtable(3), "Flags"
    internal const ulong Unprivileged = 1UL << 2;
    internal const ulong Const = 1UL << 4;
    internal const ulong EmitsChange = 1UL << 5;
    internal const ulong EmitsInvalidation = 1UL << 6;

    // SD_BUS_VTABLE_START sets it: the entries carry argument names.
    internal const ulong ParamNames = 1;

    internal ulong TypeAndFlags;
    internal nint Word0;
    internal nint Word1;
    internal nint Word2;
    internal nint Word3;
    internal nint Word4;
    internal nint Word5;

    internal SdBusVtable(byte type, ulong flags)
    {
        this = default;
        TypeAndFlags = type | (flags << 8);
    }
}
