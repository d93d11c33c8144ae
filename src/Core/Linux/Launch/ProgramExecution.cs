using System.Runtime.InteropServices;
using System.Text;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux.Launch;

/// <summary>Becomes a program that is held open. All memory that it takes is taken before, while the thread still has root's rights.</summary>
internal sealed unsafe class ProgramExecution
{
    private const int LastSignal = 64;

    /// <summary>Since then a program that was executed by its descriptor is named after its file, not after the descriptor's number.</summary>
    private static readonly Version s_named = new(6, 14);

    private readonly int _directory;
    private readonly int _flags;
    private readonly byte* _name;
    private readonly byte** _arguments;
    private readonly byte** _environment;
    private readonly int[] _kept;
    private readonly string _path;

    /// <param name="program">The program.</param>
    /// <param name="plan">Its arguments, environment and descriptors.</param>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    internal ProgramExecution(TrustedProgram program, LaunchPlan plan)
        : this(plan, program.Path)
    {
        if (program.Interpreter is not null)
        {
            // The kernel starts an interpreter, which opens the script by its name: that of a file of root's, by the QEMU user.
            _directory = Libc.AT_FDCWD;
            _name = String(program.Path);
            _flags = 0;
        }
        else if (Environment.OSVersion.Version >= s_named)
        {
            _directory = (int)program.File.DangerousGetHandle();
            _name = String("");
            _flags = Libc.AT_EMPTY_PATH;
        }
        else
        {
            // In the held directory, where root alone can put another file in its place: or 'pgrep' would find a number.
            _directory = (int)program.Directory.DangerousGetHandle();
            _name = String(program.Name);
            _flags = Libc.AT_SYMLINK_NOFOLLOW;
        }
    }

    /// <param name="descriptor">The program, open.</param>
    /// <param name="plan">Its arguments, environment and descriptors.</param>
    internal ProgramExecution(int descriptor, LaunchPlan plan)
        : this(plan, "The program")
    {
        _directory = descriptor;
        _name = String("");
        _flags = Libc.AT_EMPTY_PATH;
    }

    private ProgramExecution(LaunchPlan plan, string path)
    {
        _path = path;
        _arguments = Strings(plan.Arguments);
        _environment = Strings(plan.Environment);
        _kept = [.. plan.Kept.Order().Distinct()];
    }

    /// <summary>Becomes the program.</summary>
    /// <returns>A sentence, if it did not.</returns>
    internal string Run()
    {
        CloseOthers();
        ResetSignals();
        var failed = Libc.syscall6(Libc.SYS_execveat, _directory, (nint)_name, (nint)_arguments, (nint)_environment, _flags, 0);
        var error = failed < 0 ? Marshal.GetLastPInvokeError() : 0;
        return $"{_path} cannot be executed: {Marshal.GetPInvokeErrorMessage(error)}.";
    }

    // When the program is there; a failure can still be told.
    private void CloseOthers()
    {
        var next = 0;
        foreach (var kept in _kept)
        {
            if (kept > next)
                CloseRange(next, (uint)kept - 1);
            next = kept + 1;
        }

        CloseRange(next, uint.MaxValue);
    }

    private static void CloseRange(int first, uint last)
    {
        if (Libc.syscall6(Libc.SYS_close_range, first, last, Libc.CLOSE_RANGE_CLOEXEC, 0, 0, 0) < 0)
            _ = Libc.Check(-1, "The launcher's own files cannot be closed");
    }

    // The runtime ignores SIGPIPE, and that would be inherited; what it handles goes by itself.
    private static void ResetSignals()
    {
        // struct sigaction of the kernel: handler, flags, restorer, mask; all zero is the default.
        var action = stackalloc byte[64];
        new Span<byte>(action, 64).Clear();
        for (var signal = 1; signal <= LastSignal; signal++)
        {
            if (signal is not (Libc.SIGKILL or Libc.SIGSTOP))
                _ = Libc.syscall6(Libc.SYS_rt_sigaction, signal, (nint)action, 0, sizeof(ulong), 0, 0);
        }

        ulong none = 0;
        const int SIG_SETMASK = 2;
        _ = Libc.syscall6(Libc.SYS_rt_sigprocmask, SIG_SETMASK, (nint)(&none), 0, sizeof(ulong), 0, 0);
    }

    private static byte* String(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var copy = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }

    private static byte** Strings(IReadOnlyList<string> strings)
    {
        var array = (byte**)NativeMemory.AllocZeroed((nuint)strings.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < strings.Count; i++)
            array[i] = String(strings[i]);
        return array;
    }
}
