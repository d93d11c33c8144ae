using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>A pidfd: signals and waits reach this process or nobody, never a later one with its number.</summary>
public sealed class ProcessHandle : IDisposable
{
    private readonly SafeFileHandle _pidfd;

    private ProcessHandle(ProcessIdentity identity, SafeFileHandle pidfd)
    {
        Identity = identity;
        _pidfd = pidfd;
    }

    /// <summary>Who it is.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>The process number.</summary>
    public int Id => Identity.ProcessId;

    /// <summary>Opens a running process.</summary>
    /// <param name="id">The process number.</param>
    /// <exception cref="LinuxException">There is no such process.</exception>
    public static ProcessHandle Open(int id)
    {
        var fd = Libc.Check((int)Libc.syscall(Libc.SYS_pidfd_open, id, 0, 0, 0), $"Process {id} cannot be opened");
        var handle = Libc.Own(fd);
        // Read after the open: whatever number recycling happened before, the identity belongs to this pidfd or the process is gone.
        try
        {
            return new ProcessHandle(ProcessIdentity.Read(ProcRoot.Host, id), handle);
        }
        catch (ProcException)
        {
            handle.Dispose();
            throw new LinuxException(Libc.ESRCH, $"Process {id} has ended.");
        }
    }

    /// <summary>Opens a process if it is still the one that was seen before.</summary>
    /// <param name="identity">Who it was.</param>
    /// <returns>The handle; null when that process has ended.</returns>
    public static ProcessHandle? TryOpen(ProcessIdentity identity)
    {
        ProcessHandle handle;
        try
        {
            handle = Open(identity.ProcessId);
        }
        catch (LinuxException)
        {
            return null;
        }

        if (handle.Identity == identity)
            return handle;
        handle.Dispose();
        return null;
    }

    /// <summary>True once the process has ended (a zombie has ended).</summary>
    public bool HasExited => PollExit(0);

    /// <summary>Ends the process at once; it runs no code of its own any more. Nothing happens if it has ended.</summary>
    public void Kill() => Signal(Libc.SIGKILL);

    /// <summary>Asks the process to end.</summary>
    public void Terminate() => Signal(Libc.SIGTERM);

    /// <summary>Stops the process from running (SIGSTOP).</summary>
    public void Freeze() => Signal(Libc.SIGSTOP);

    /// <summary>Lets a frozen process run again (SIGCONT).</summary>
    public void Thaw() => Signal(Libc.SIGCONT);

    /// <summary>Waits for the end, without a thread.</summary>
    /// <param name="limit">How long at most.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False when it still runs after the limit.</returns>
    public async Task<bool> WaitForExitAsync(TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var watch = Stopwatch.StartNew();
        while (!HasExited)
        {
            var left = limit - watch.Elapsed;
            if (left <= TimeSpan.Zero)
                return false;
            var slice = (int)Math.Clamp(left.TotalMilliseconds, 1, 250);
            await Task.Factory.StartNew(
                () => PollExit(slice), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Waits for the end on the calling thread; for the few milliseconds in which a guest is paused.</summary>
    /// <param name="limit">How long at most.</param>
    /// <returns>False when it still runs after the limit.</returns>
    public bool WaitForExit(TimeSpan limit) => PollExit((int)Math.Max(0, limit.TotalMilliseconds));

    /// <summary>Duplicates one of the process's file descriptors into this process (<c>pidfd_getfd</c>); close-on-exec.</summary>
    /// <param name="number">Its number in that process.</param>
    /// <exception cref="LinuxException">It has no such descriptor, or ptrace access is denied.</exception>
    public SafeFileHandle DuplicateDescriptor(int number) => Libc.Own(Libc.Check(
        (int)Libc.syscall(Libc.SYS_pidfd_getfd, _pidfd.DangerousGetHandle(), number, 0, 0),
        string.Create(CultureInfo.InvariantCulture, $"File descriptor {number} of process {Id} cannot be duplicated")));

    /// <inheritdoc/>
    public void Dispose() => _pidfd.Dispose();

    private void Signal(int signal)
    {
        var result = (int)Libc.syscall(Libc.SYS_pidfd_send_signal, _pidfd.DangerousGetHandle(), signal, 0, 0);
        if (result < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != Libc.ESRCH)
            Libc.Check(result, $"Signal {signal} cannot be sent to process {Id}");
    }

    private unsafe bool PollExit(int milliseconds)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var poll = new Libc.pollfd { fd = (int)_pidfd.DangerousGetHandle(), events = Libc.POLLIN };
            var left = Math.Max(0, milliseconds - (int)watch.ElapsedMilliseconds);
            var result = Libc.poll(&poll, 1, left);
            if (result > 0)
                return true;
            if (result == 0)
                return false;
            if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != Libc.EINTR)
                Libc.Check(result, $"Waiting for process {Id} failed");
        }
    }
}
