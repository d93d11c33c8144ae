using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// A thread of a held process. What is set for a thread is set by its number, which the kernel may give to another one at any time after its end:
/// so it is looked at before and after, by a descriptor of its directory, which never becomes another thread's.
/// </summary>
public sealed class HeldThread : IDisposable
{
    private readonly SafeFileHandle _directory;
    private readonly int _process;

    private HeldThread(int process, int id, SafeFileHandle directory)
    {
        _process = process;
        Id = id;
        _directory = directory;
    }

    /// <summary>Its number.</summary>
    public int Id { get; }

    /// <summary>The main thread of a process.</summary>
    /// <param name="process">The process.</param>
    /// <exception cref="LinuxException">It has ended.</exception>
    public static HeldThread Main(ProcessHandle process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return Find(process, process.Id) ?? throw new LinuxException(Libc.ESRCH, $"Process {process.Id} has ended.");
    }

    /// <summary>Looks for a thread below its process.</summary>
    /// <param name="process">The process.</param>
    /// <param name="id">The number that somebody says the thread has.</param>
    /// <returns>The thread; null when the process has none of that number.</returns>
    public static HeldThread? Find(ProcessHandle process, int id)
    {
        ArgumentNullException.ThrowIfNull(process);
        var directory = Libc.Own(Libc.open(
            ProcRoot.Host.File(process.Id, string.Create(CultureInfo.InvariantCulture, $"task/{id}")),
            Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC,
            0));
        // It lives still, so that what has just been opened under its number was its own.
        if (id > 0 && !directory.IsInvalid && !process.HasExited)
            return new HeldThread(process.Id, id, directory);
        directory.Dispose();
        return null;
    }

    /// <summary>Does something to it by its number.</summary>
    /// <param name="change">What is done.</param>
    /// <exception cref="LinuxException">It has ended before, and nothing was done, or meanwhile.</exception>
    public void Do(Action<int> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (!IsAlive)
            throw new LinuxException(Libc.ESRCH, $"Thread {Id} of process {_process} has ended.");
        change(Id);
        if (!IsAlive)
        {
            throw new LinuxException(
                Libc.ESRCH,
                $"Thread {Id} of process {_process} ended while it was given CPUs, control groups or a scheduling; one that got its number at once may have them.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private bool IsAlive => Libc.faccessat((int)_directory.DangerousGetHandle(), "stat", 0, 0) == 0;
}
