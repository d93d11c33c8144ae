using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux.Launch;

/// <summary>
/// Follows a program's first thread from its execution until it has bound the sockets that it is expected to bind, and parks each of them instead
/// (<see cref="ParkedSocket"/>): the address is another process's still. Nothing else of the program is changed, and then it is let go. If this process
/// ends meanwhile, the kernel ends the program.
/// </summary>
/// <param name="expected">What it is expected to bind; at least one.</param>
internal sealed unsafe class BindTrace(IReadOnlyList<ExpectedBind> expected)
{
    private const int SyscallStop = Libc.SIGTRAP | 0x80;
    private const int Registers = 1024;

    private readonly TaskCompletionSource<IReadOnlyList<ParkedSocket>> _parked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The sockets, in the order in which they are expected; none when it has ended before, or was ended because it could not be followed.</summary>
    internal Task<IReadOnlyList<ParkedSocket>> Parked => _parked.Task;

    /// <summary>Why it could not be followed, and was ended; null when it could.</summary>
    internal string? Failure { get; private set; }

    /// <summary>What it is expected to bind, for sentences.</summary>
    internal string Expected => string.Join(", ", expected.Select(each => string.Create(CultureInfo.InvariantCulture, $"{each.Meaning} on {each.Host} port {each.Port}")));

    /// <summary>Takes hold of a thread that is about to execute the program.</summary>
    /// <param name="process">Its process, a child of this one.</param>
    /// <param name="thread">The thread's number.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal Task BeginAsync(ProcessHandle process, int thread)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var own = ProcessHandle.Open(process.Id);
        // The kernel takes orders of the very thread that took hold of it.
        new Thread(() => Run(own, thread, begun)) { IsBackground = true, Name = "bind trace" }.Start();
        return begun.Task;
    }

    private void Run(ProcessHandle process, int thread, TaskCompletionSource begun)
    {
        try
        {
            Order(Libc.PTRACE_SEIZE, thread, 0, Libc.PTRACE_O_TRACESYSGOOD | Libc.PTRACE_O_TRACEEXEC | Libc.PTRACE_O_EXITKILL);
            begun.SetResult();
            _parked.SetResult(Follow(process) ?? []);
        }
        catch (LinuxException exception)
        {
            Failure = exception.Message;
            process.Kill();
            _ = begun.TrySetException(exception);
            _parked.SetResult([]);
        }
        finally
        {
            process.Dispose();
        }
    }

    /// <returns>Null when it has ended, which is told by others.</returns>
    private ParkedSocket[]? Follow(ProcessHandle process)
    {
        var found = new ParkedSocket?[expected.Count];
        var isProgram = false;
        var isParked = false;
        while (true)
        {
            if (Wait() is not { } stop)
                return null;
            var (thread, status) = stop;
            var signal = 0;
            if (status == SyscallStop)
            {
                Libc.syscall_info call;
                Order(Libc.PTRACE_GET_SYSCALL_INFO, thread, sizeof(Libc.syscall_info), (nint)(&call));
                if (call.op == Libc.PTRACE_SYSCALL_INFO_ENTRY)
                {
                    isParked = call.nr == (ulong)Libc.SYS_bind && TryPark(process, call, found);
                    // Without an address it fails, and does nothing at all.
                    if (isParked)
                        SetRegister(thread, Libc.SecondArgument, 0);
                }
                else if (isParked && call.op == Libc.PTRACE_SYSCALL_INFO_EXIT)
                {
                    isParked = false;
                    SetRegister(thread, Libc.Result, 0);
                    if (found.All(each => each is not null))
                    {
                        Order(Libc.PTRACE_DETACH, thread, 0, 0);
                        return found!;
                    }
                }
            }
            else if (status >> 8 == 0)
            {
                signal = status & 0x7f;
            }
            else
            {
                isProgram |= status >> 8 == Libc.PTRACE_EVENT_EXEC;
            }

            Order(isProgram ? Libc.PTRACE_SYSCALL : Libc.PTRACE_CONT, thread, 0, signal);
        }
    }

    private bool TryPark(ProcessHandle process, Libc.syscall_info call, ParkedSocket?[] found)
    {
        var bytes = stackalloc byte[ListenAddress.Longest];
        var length = (int)Math.Min(call.args[2], ListenAddress.Longest);
        var to = new Libc.iovec { iov_base = bytes, iov_len = (nuint)length };
        var from = new Libc.iovec { iov_base = (void*)call.args[1], iov_len = (nuint)length };
        var read = Libc.syscall6(Libc.SYS_process_vm_readv, process.Id, (nint)(&to), 1, (nint)(&from), 1, 0);
        if (read < length)
            return false;
        var index = ExpectedBind.Find(expected, new ReadOnlySpan<byte>(bytes, length), out var place);
        if (index < 0)
            return false;
        found[index] = ParkedSocket.Park(process, (int)call.args[0], place, expected[index].Meaning);
        return true;
    }

    // Leaves an end where it is: its exit code is for whoever asks for it. Other children are those of other threads.
    private static (int Thread, int Status)? Wait()
    {
        Libc.siginfo info = default;
        while (Libc.syscall6(
            Libc.SYS_waitid, Libc.P_ALL, 0, (nint)(&info), Libc.WEXITED | Libc.WSTOPPED | Libc.WNOWAIT | Libc.WALL | Libc.WNOTHREAD, 0, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.EINTR)
                return null;
        }

        if (info.si_code is >= Libc.CLD_EXITED and <= Libc.CLD_DUMPED)
            return null;
        // A stop has to be taken: without it the kernel obeys nobody about a thread that has just got the number of its process.
        Libc.siginfo taken;
        _ = Libc.syscall6(Libc.SYS_waitid, Libc.P_PID, info.si_pid, (nint)(&taken), Libc.WSTOPPED | Libc.WNOHANG | Libc.WALL | Libc.WNOTHREAD, 0, 0);
        return (info.si_pid, info.si_status);
    }

    private static void SetRegister(int thread, int offset, ulong value)
    {
        var registers = stackalloc byte[Registers];
        var all = new Libc.iovec { iov_base = registers, iov_len = Registers };
        Order(Libc.PTRACE_GETREGSET, thread, Libc.NT_PRSTATUS, (nint)(&all));
        *(ulong*)(registers + offset) = value;
        Order(Libc.PTRACE_SETREGSET, thread, Libc.NT_PRSTATUS, (nint)(&all));
    }

    private static void Order(int request, int thread, long address, long data) =>
        _ = Libc.Check(
            Libc.syscall6(Libc.SYS_ptrace, request, thread, address, data, 0, 0) < 0 ? -1 : 0,
            string.Create(CultureInfo.InvariantCulture, $"What thread {thread} is about to bind cannot be followed"));
}
