using System.Runtime.InteropServices;

namespace VirtHandover.Bus.Interop;

/// <summary>What .NET does not know: names of users.</summary>
internal static unsafe partial class Libc
{
    // see: getpwuid_r(3); it returns an error number and does not set errno
    [LibraryImport("libc")]
    internal static partial int getpwuid_r(uint uid, passwd* entry, byte* buffer, nuint length, passwd** result);

    [StructLayout(LayoutKind.Sequential)]
    internal struct passwd
    {
        internal byte* pw_name;
        internal byte* pw_passwd;
        internal uint pw_uid;
        internal uint pw_gid;
        internal byte* pw_gecos;
        internal byte* pw_dir;
        internal byte* pw_shell;
    }
}
