using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>One file descriptor that a new process gets.</summary>
/// <param name="Handle">The descriptor here.</param>
/// <param name="Number">Its number there.</param>
public sealed record InheritedDescriptor(SafeHandle Handle, int Number);

/// <summary>
/// Starts a program with exactly the descriptors it is meant to have. fork(2) is unsafe under the .NET runtime
/// (only one thread is left in the child), and <c>Process.Start</c> passes no descriptors, so this is posix_spawn(3).
/// </summary>
public static unsafe class ProcessSpawner
{
    /// <summary>Starts a program in a session of its own, with default signal handling.</summary>
    /// <param name="path">The program's full path.</param>
    /// <param name="arguments">Its arguments; the first is its name.</param>
    /// <param name="environment">Its whole environment, <c>NAME=value</c> each.</param>
    /// <param name="descriptors">Its descriptors; 0, 1 and 2 that are not named are /dev/null.</param>
    /// <returns>The new process; the caller reaps it with <see cref="Reap"/>.</returns>
    /// <exception cref="LinuxException">It could not be started.</exception>
    public static ProcessHandle Spawn(
        string path,
        IReadOnlyList<string> arguments,
        IReadOnlyList<string> environment,
        IReadOnlyList<InheritedDescriptor> descriptors)
    {
        using var nothing = Libc.Own(Libc.Check(Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC, 0), "/dev/null cannot be opened"));
        var wanted = descriptors.ToList();
        foreach (var standard in (int[])[0, 1, 2])
        {
            if (wanted.All(descriptor => descriptor.Number != standard))
                wanted.Add(new InheritedDescriptor(nothing, standard));
        }

        // Move every source above every target number first, so that no dup2 overwrites the source of a later one.
        var floor = wanted.Max(descriptor => descriptor.Number) + 1;
        var moved = new List<SafeFileHandle>();
        // Opaque structures: glibc's are 80, 336 and 128 bytes; these are generous.
        var actions = stackalloc byte[512];
        var attributes = stackalloc byte[1024];
        var signals = stackalloc byte[256];
        byte** argv = null;
        byte** envp = null;
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawnattr_init(attributes);
        try
        {
            foreach (var descriptor in wanted)
            {
                var high = Libc.Own(Libc.Check(
                    Libc.fcntl((int)descriptor.Handle.DangerousGetHandle(), Libc.F_DUPFD_CLOEXEC, floor),
                    string.Create(CultureInfo.InvariantCulture, $"File descriptor {descriptor.Number} for {path} cannot be duplicated")));
                moved.Add(high);
                _ = Libc.posix_spawn_file_actions_adddup2(actions, (int)high.DangerousGetHandle(), descriptor.Number);
            }

            _ = Libc.sigemptyset(signals);
            _ = Libc.posix_spawnattr_setsigmask(attributes, signals);
            // The runtime ignores SIGPIPE and that would be inherited; QEMU and the tools expect the default.
            for (var signal = 1; signal < 32; signal++)
            {
                if (signal is not (Libc.SIGKILL or Libc.SIGSTOP))
                    _ = Libc.sigaddset(signals, signal);
            }

            _ = Libc.posix_spawnattr_setsigdefault(attributes, signals);
            _ = Libc.posix_spawnattr_setflags(
                attributes, Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSID);

            argv = Strings(arguments);
            envp = Strings(environment);
            int id;
            var error = Libc.posix_spawn(&id, path, actions, attributes, argv, envp);
            if (error != 0)
                throw new LinuxException(error, $"{path} cannot be started: {Marshal.GetPInvokeErrorMessage(error)}.");
            return ProcessHandle.Open(id);
        }
        finally
        {
            Free(argv);
            Free(envp);
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
            moved.ForEach(handle => handle.Dispose());
        }
    }

    /// <summary>Takes the zombie of a child away. Never waits.</summary>
    /// <param name="process">A process from <see cref="Spawn"/> that has ended.</param>
    /// <returns>Its exit code, 128 + signal when a signal ended it, or null when it has not ended or is not a child.</returns>
    public static int? Reap(ProcessHandle process)
    {
        ArgumentNullException.ThrowIfNull(process);
        int status;
        // Only ever our own pid: waitpid(-1) would steal the children of System.Diagnostics.Process.
        if (Libc.waitpid(process.Id, &status, Libc.WNOHANG) != process.Id)
            return null;
        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
    }

    /// <summary>Ends a child at once and takes its zombie away.</summary>
    /// <param name="process">A process from <see cref="Spawn"/>.</param>
    /// <param name="patience">How long the caller waits; see <see cref="Leave"/>.</param>
    public static void End(ProcessHandle process, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(process);
        process.Kill();
        Leave(process, patience);
    }

    /// <summary>
    /// Takes the zombie of a child away that is about to end. On a busy host that takes longer than anybody should wait, and a zombie that nobody takes
    /// stays as long as this process: then a thread takes it when it comes.
    /// </summary>
    /// <param name="process">A process from <see cref="Spawn"/>.</param>
    /// <param name="patience">How long the caller waits.</param>
    public static void Leave(ProcessHandle process, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (process.WaitForExit(patience))
        {
            _ = Reap(process);
            return;
        }

        // Its number is its own until it is taken.
        var id = process.Id;
        new Thread(() => Take(id)) { IsBackground = true, Name = "zombie" }.Start();
    }

    private static void Take(int id)
    {
        int status;
        while (Libc.waitpid(id, &status, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
        {
        }
    }

    private static byte** Strings(IReadOnlyList<string> strings)
    {
        var array = (byte**)NativeMemory.AllocZeroed((nuint)strings.Count + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < strings.Count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(strings[i]);
            array[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(array[i], bytes.Length));
        }

        return array;
    }

    private static void Free(byte** array)
    {
        if (array is null)
            return;
        for (var entry = array; *entry is not null; entry++)
            NativeMemory.Free(*entry);
        NativeMemory.Free(array);
    }
}
