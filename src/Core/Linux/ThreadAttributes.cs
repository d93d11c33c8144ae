using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// What the kernel keeps for one thread beside its control groups and CPUs: how it is scheduled (<c>chrt</c>, <c>nice</c>, libvirt's
/// <c>vcpusched</c>, <c>iothreadsched</c>, <c>emulatorsched</c>), its I/O priority and its timers' slack. A thread that another one makes
/// inherits all of it.
/// </summary>
public sealed unsafe record ThreadAttributes
{
    private const int WhoProcess = 1;
    private const ulong ResetOnFork = 1;
    private const ulong UtilizationClamps = 0x60;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary><c>SCHED_OTHER</c> 0, <c>SCHED_FIFO</c> 1, <c>SCHED_RR</c> 2, <c>SCHED_BATCH</c> 3, <c>SCHED_IDLE</c> 5, <c>SCHED_DEADLINE</c> 6.</summary>
    public required uint Policy { get; init; }

    /// <summary>−20 to 19.</summary>
    public required int Nice { get; init; }

    /// <summary>Of FIFO and RR: 1 to 99.</summary>
    public required uint Priority { get; init; }

    /// <summary>Whether its children get none of this.</summary>
    public required bool IsResetOnFork { get; init; }

    /// <summary>Of DEADLINE: runtime, deadline and period; of others the time slice first. In nanoseconds.</summary>
    public required (ulong Runtime, ulong Deadline, ulong Period) Times { get; init; }

    /// <summary>The least and the most utilisation that the CPU's frequency is chosen by; 0 and 0 where the kernel has no such thing.</summary>
    public required (uint Least, uint Most) Utilization { get; init; }

    /// <summary>Class and level as <c>ioprio_get(2)</c> gives them.</summary>
    public required int IoPriority { get; init; }

    /// <summary>In nanoseconds; 0 where it cannot be read.</summary>
    public required ulong TimerSlack { get; init; }

    /// <summary>The cookie of core scheduling, which threads share that may use a core together; 0 for none.</summary>
    public required ulong CoreCookie { get; init; }

    /// <summary>Reads a thread's.</summary>
    /// <param name="thread">The thread.</param>
    /// <exception cref="LinuxException">It has ended.</exception>
    public static ThreadAttributes Of(int thread)
    {
        var got = new Libc.sched_attr { size = (uint)sizeof(Libc.sched_attr) };
        _ = Libc.Check(
            (int)Libc.syscall(IsArm ? 275 : 315, thread, (long)&got, got.size, 0), $"The scheduling of thread {thread} cannot be read");
        var io = (int)Libc.syscall(IsArm ? 31 : 252, WhoProcess, thread, 0, 0);
        return new ThreadAttributes
        {
            Policy = got.sched_policy,
            Nice = got.sched_nice,
            Priority = got.sched_priority,
            IsResetOnFork = (got.sched_flags & ResetOnFork) != 0,
            Times = (got.sched_runtime, got.sched_deadline, got.sched_period),
            Utilization = (got.sched_util_min, got.sched_util_max),
            IoPriority = Libc.Check(io, $"The I/O priority of thread {thread} cannot be read"),
            TimerSlack = ReadSlack(thread),
            CoreCookie = CookieOf(thread),
        };
    }

    /// <summary>Reads <see cref="CoreCookie"/> alone.</summary>
    /// <param name="thread">The thread.</param>
    internal static ulong CookieOf(int thread)
    {
        ulong cookie;
        // Kernels without it, and CPUs without siblings, refuse the question.
        return Libc.prctl(Libc.PR_SCHED_CORE, Libc.PR_SCHED_CORE_GET, (ulong)thread, 0, (ulong)&cookie) == 0 ? cookie : 0;
    }

    /// <summary>Makes a thread like another one. What is equal is not touched.</summary>
    /// <param name="model">The other thread; it must live, because a cookie can only be shared.</param>
    /// <param name="thread">The thread.</param>
    /// <returns>The sentences of what still differs; none when it is alike.</returns>
    /// <exception cref="LinuxException">One of the two has ended.</exception>
    public static IReadOnlyList<string> Copy(HeldThread model, HeldThread thread)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(thread);
        ThreadAttributes wanted = null!, reached = null!;
        List<string> failures = [];
        // Both are looked at before and after: of a model that is another process's the new QEMU would get its priority, or share a core with it.
        model.Do(old => thread.Do(id =>
        {
            wanted = Of(old);
            failures = wanted.ApplyTo(id, Of(id), old);
            reached = Of(id);
        }));
        return reached == wanted ? [] : [$"{wanted.Difference(reached)}{(failures.Count == 0 ? "" : $": {string.Join("; ", failures)}")}."];
    }

    /// <summary>What differs, in words: <c>policy 1, not 0; nice …</c>.</summary>
    internal string Difference(ThreadAttributes other)
    {
        List<string> words = [];
        void Compare<T>(string what, T mine, T its)
        {
            if (!EqualityComparer<T>.Default.Equals(mine, its))
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{what} {its}, not {mine}"));
        }

        Compare("scheduling policy", Policy, other.Policy);
        Compare("nice value", Nice, other.Nice);
        Compare("priority", Priority, other.Priority);
        Compare("reset-on-fork", IsResetOnFork, other.IsResetOnFork);
        Compare("scheduling times", Times, other.Times);
        Compare("utilisation clamps", Utilization, other.Utilization);
        Compare("I/O priority", IoPriority, other.IoPriority);
        Compare("timer slack", TimerSlack, other.TimerSlack);
        Compare("core scheduling cookie", CoreCookie, other.CoreCookie);
        return string.Join(", ", words);
    }

    private List<string> ApplyTo(int thread, ThreadAttributes now, int model)
    {
        List<string> failures = [];
        void Try(bool failed)
        {
            if (failed)
                failures.Add(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }

        if ((Policy, Nice, Priority, IsResetOnFork, Times, Utilization) != (now.Policy, now.Nice, now.Priority, now.IsResetOnFork, now.Times, now.Utilization))
        {
            var set = new Libc.sched_attr
            {
                size = (uint)sizeof(Libc.sched_attr),
                sched_policy = Policy,
                sched_flags = (IsResetOnFork ? ResetOnFork : 0) | (Utilization == now.Utilization ? 0 : UtilizationClamps),
                sched_nice = Nice,
                sched_priority = Priority,
                sched_runtime = Times.Runtime,
                sched_deadline = Times.Deadline,
                sched_period = Times.Period,
                sched_util_min = Utilization.Least,
                sched_util_max = Utilization.Most,
            };
            Try(Libc.syscall(IsArm ? 274 : 314, thread, (long)&set, 0, 0) < 0);
        }

        // Of an idle thread sched_setattr leaves the nice value as it was.
        if (Nice != Of(thread).Nice)
            Try(Libc.setpriority(0, thread, Nice) < 0);
        if (IoPriority != now.IoPriority)
            Try(Libc.syscall(IsArm ? 30 : 251, WhoProcess, thread, IoPriority, 0) < 0);
        if (TimerSlack != now.TimerSlack)
            WriteSlack(thread, failures);
        if (CoreCookie != now.CoreCookie)
            ShareCookie(model, thread, failures);
        return failures;
    }

    private static ulong ReadSlack(int thread)
    {
        try
        {
            return ulong.TryParse(ProcFile.ReadText(SlackOf(thread)), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var slack) ? slack : 0;
        }
        catch (ProcException exception) when (!exception.IsGone || Directory.Exists(ProcRoot.Host.File(thread, "fd")))
        {
            return 0; // a kernel without it
        }
        catch (ProcException exception)
        {
            throw new LinuxException(Libc.ESRCH, exception.Message);
        }
    }

    private void WriteSlack(int thread, List<string> failures)
    {
        try
        {
            File.WriteAllText(SlackOf(thread), TimerSlack.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            failures.Add(exception.Message);
        }
    }

    // A cookie has no value that could be set: a thread takes it from one that has it and gives it to another. A thread of its own, which
    // takes it to its grave: none of this program may share a core with a guest only.
    private static void ShareCookie(int model, int thread, List<string> failures)
    {
        var carrier = new Thread(() =>
        {
            if (Libc.prctl(Libc.PR_SCHED_CORE, Libc.PR_SCHED_CORE_SHARE_FROM, (ulong)model, 0, 0) != 0
                || Libc.prctl(Libc.PR_SCHED_CORE, Libc.PR_SCHED_CORE_SHARE_TO, (ulong)thread, 0, 0) != 0)
            {
                failures.Add(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
            }
        });
        carrier.Start();
        carrier.Join();
    }

    // Each thread has a directory there, though only processes are listed.
    private static string SlackOf(int thread) => ProcRoot.Host.File(thread, "timerslack_ns");
}
