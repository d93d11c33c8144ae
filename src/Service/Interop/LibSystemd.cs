using System.Runtime.InteropServices;

namespace VirtHandover.Service.Interop;

/// <summary>sd_notify(3).</summary>
internal static partial class LibSystemd
{
    [LibraryImport("libsystemd.so.0", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sd_notify(int unset_environment, string state);
}
