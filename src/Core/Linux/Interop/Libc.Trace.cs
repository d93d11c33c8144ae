using System.Runtime.InteropServices;

namespace VirtHandover.Linux.Interop;

// What follows a process's system calls: ptrace(2), waitid(2), process_vm_readv(2). The kernel's own calls: glibc's ptrace has forms that differ.
internal static unsafe partial class Libc
{
    public const int SIGTRAP = 5;

    public const int PTRACE_SYSCALL = 24;
    public const int PTRACE_CONT = 7;
    public const int PTRACE_DETACH = 17;
    public const int PTRACE_GETREGSET = 0x4204;
    public const int PTRACE_SETREGSET = 0x4205;
    public const int PTRACE_SEIZE = 0x4206;
    public const int PTRACE_GET_SYSCALL_INFO = 0x420e;

    public const int PTRACE_O_TRACESYSGOOD = 1;
    public const int PTRACE_O_TRACEEXEC = 1 << 4;
    public const int PTRACE_O_EXITKILL = 1 << 20;
    public const int PTRACE_EVENT_EXEC = 4;
    public const byte PTRACE_SYSCALL_INFO_ENTRY = 1;
    public const byte PTRACE_SYSCALL_INFO_EXIT = 2;

    public const int NT_PRSTATUS = 1;

    public const int P_ALL = 0;
    public const int P_PID = 1;
    public const int WSTOPPED = 2;
    public const int WEXITED = 4;
    public const int WNOWAIT = 0x1000000;
    public const int WNOTHREAD = 0x20000000;
    public const int WALL = 0x40000000;
    public const int CLD_EXITED = 1;
    public const int CLD_DUMPED = 3;

    public static long SYS_bind => s_isArm ? 200 : 49;
    public static long SYS_process_vm_readv => s_isArm ? 270 : 310;
    public static long SYS_ptrace => s_isArm ? 117 : 101;
    public static long SYS_read => s_isArm ? 63 : 0;
    public static long SYS_waitid => s_isArm ? 95 : 247;

    /// <summary>Where the second argument of a system call is among the registers of <see cref="NT_PRSTATUS"/>, bytes.</summary>
    public static int SecondArgument => s_isArm ? 8 : 104;

    /// <summary>Where its result is, bytes.</summary>
    public static int Result => s_isArm ? 0 : 80;

    /// <summary>What <see cref="PTRACE_GET_SYSCALL_INFO"/> tells of a call that begins.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct syscall_info
    {
        public byte op;
        public fixed byte pad[3];
        public uint arch;
        public ulong instruction_pointer;
        public ulong stack_pointer;
        public ulong nr;
        public fixed ulong args[6];
        public fixed ulong rest[2];
    }

    /// <summary>The part of siginfo_t that waitid(2) fills.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    public struct siginfo
    {
        public int si_signo;
        public int si_errno;
        public int si_code;
        public int pad;
        public int si_pid;
        public uint si_uid;
        public int si_status;
    }
}
