using System.Runtime.InteropServices;

namespace VirtHandover.Linux.Interop;

/// <summary>
/// What a launch needs. All that it does once it is in other namespaces goes through <see cref="syscall6"/>: glibc's own <c>set*id</c> act on
/// all threads, and a function that is bound when it is first called would be looked for in a directory of those namespaces.
/// </summary>
internal static unsafe partial class Libc
{
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_EMPTY_PATH = 0x1000;

    public const int CLONE_FS = 0x200;
    public const int CLONE_NEWNS = 0x20000;
    public const int CLONE_NEWUTS = 0x4000000;
    public const int CLONE_NEWIPC = 0x8000000;
    public const int CLONE_NEWNET = 0x40000000;

    /// <summary><c>_IO(0xb7, 1)</c>: the user namespace that owns a namespace.</summary>
    public const ulong NS_GET_USERNS = 0xb701;

    public const int PR_SET_KEEPCAPS = 8;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_CAP_AMBIENT = 47;
    public const int PR_CAP_AMBIENT_RAISE = 2;
    public const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    public const uint CAPABILITY_VERSION_3 = 0x20080522;
    public const uint CLOSE_RANGE_CLOEXEC = 4;

    public const uint MFD_ALLOW_SEALING = 2;
    public const int F_ADD_SEALS = 1033;
    public const int F_GET_SEALS = 1034;

    /// <summary><c>F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE</c>.</summary>
    public const int F_SEALS = 1 | 2 | 4 | 8;

    private static readonly bool s_isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static long SYS_capset => s_isArm ? 91 : 126;
    public static long SYS_chdir => s_isArm ? 49 : 80;
    public static long SYS_close_range => 436;
    public static long SYS_execveat => s_isArm ? 281 : 322;
    public static long SYS_gettid => s_isArm ? 178 : 186;
    public static long SYS_openat => s_isArm ? 56 : 257;
    public static long SYS_prctl => s_isArm ? 167 : 157;
    public static long SYS_prlimit64 => s_isArm ? 261 : 302;
    public static long SYS_readlinkat => s_isArm ? 78 : 267;
    public static long SYS_rt_sigaction => s_isArm ? 134 : 13;
    public static long SYS_rt_sigprocmask => s_isArm ? 135 : 14;
    public static long SYS_setgroups => s_isArm ? 159 : 116;
    public static long SYS_setns => s_isArm ? 268 : 308;
    public static long SYS_setresgid => s_isArm ? 149 : 119;
    public static long SYS_setresuid => s_isArm ? 147 : 117;
    public static long SYS_umask => s_isArm ? 166 : 95;
    public static long SYS_unshare => s_isArm ? 97 : 272;

    [StructLayout(LayoutKind.Sequential)]
    public struct capability_header
    {
        public uint version;
        public int pid;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct capability_data
    {
        public uint effective;
        public uint permitted;
        public uint inheritable;
        public uint effective_high;
        public uint permitted_high;
        public uint inheritable_high;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct rlimit64
    {
        public ulong current;
        public ulong maximum;
    }

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    public static partial long syscall6(long number, long a, long b, long c, long d, long e, long f);
}
