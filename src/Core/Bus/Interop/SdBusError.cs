using System.Runtime.InteropServices;

namespace VirtHandover.Bus.Interop;

/// <summary><c>sd_bus_error</c>, see sd_bus_error(3).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SdBusError
{
    internal byte* Name;
    internal byte* Message;
    internal int NeedFree;
}
