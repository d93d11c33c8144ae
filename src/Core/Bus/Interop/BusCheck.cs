using System.Runtime.InteropServices;

namespace VirtHandover.Bus.Interop;

/// <summary>sd-bus returns a negative errno; this turns it into a sentence.</summary>
internal static class BusCheck
{
    /// <exception cref="BusException">The result is negative.</exception>
    internal static int Succeeded(int result, string what) => result >= 0 ? result : throw Failure(result, what);

    internal static BusException Failure(int result, string what)
    {
        const int EBADMSG = 74, EINVAL = 22, ENXIO = 6;
        var name = -result is EBADMSG or EINVAL or ENXIO ? BusErrorNames.InvalidArgs : BusErrorNames.Failed;
        return new BusException(name, $"Could not {what}: {Marshal.GetPInvokeErrorMessage(-result)}.");
    }
}
