using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux.Launch;

/// <summary>
/// Takes a context on, on the calling thread: its control groups and scheduling, then its namespaces, last its ids. The order is the point: what
/// needs the host's files comes before the namespaces, what needs root before the ids, and what a QEMU may have chosen after them.
/// </summary>
/// <param name="context">The context.</param>
internal sealed unsafe class ContextEntry(LaunchContext context)
{
    private const int LastCapability = 63;

    private ulong _own;

    /// <summary>All that is done as root of the host, in the host's namespaces.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal void Prepare()
    {
        // A group that refuses ends the start: a VM outside its group would lose its limits without a word.
        foreach (var file in context.JoinFiles)
            Write(file, "0", $"The control group of {file} cannot be joined");
        if (context.OutOfMemoryScore is { } score)
            WriteChanged("/proc/self/oom_score_adj", score.ToString(CultureInfo.InvariantCulture));
        if (context.CoredumpFilter is { } filter)
            WriteChanged("/proc/self/coredump_filter", filter, prefix: "0x");
        if (context.MemoryPolicy is { } policy)
            new MemoryPolicy(policy).Apply();
        Schedule();
        _own = ProcessStatus.Read(ProcRoot.Host, Environment.ProcessId).PermittedCapabilities;
        // From here on the thread has a root, a working directory and a umask of its own.
        Call(Libc.SYS_unshare, "The launcher cannot have a root directory of its own", Libc.CLONE_FS);
        if (context.Umask >= 0)
            _ = Libc.syscall6(Libc.SYS_umask, context.Umask, 0, 0, 0, 0, 0);
        if (context.ExecutionLabel.Length > 0)
            Write(LabelFile, context.ExecutionLabel, $"The security label '{context.ExecutionLabel}' cannot be asked for");
    }

    /// <summary>Enters the namespaces; the mount namespace last.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal void EnterNamespaces()
    {
        foreach (var each in context.Namespaces.OrderBy(each => each.Type == Libc.CLONE_NEWNS))
            Call(Libc.SYS_setns, $"The VM's {each.Kind} namespace cannot be entered", each.Descriptor, each.Type);
    }

    /// <summary>Takes the limits and the ids on, and with them loses root's rights.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal void DropRights()
    {
        foreach (var limit in context.Limits)
            SetLimit(limit);
        for (var capability = 0; capability <= LastCapability; capability++)
        {
            // Beyond the last that the kernel knows it says EINVAL, which is as good.
            if ((context.Bounding & (1UL << capability)) == 0)
                _ = Libc.syscall6(Libc.SYS_prctl, Libc.PR_CAPBSET_DROP, capability, 0, 0, 0, 0);
        }

        var groups = context.Groups.ToArray();
        fixed (uint* list = groups)
            Call(Libc.SYS_setgroups, "The supplementary groups cannot be set", groups.Length, (nint)list);
        Call(Libc.SYS_setresgid, "The group ids cannot be set", context.GroupIds[0], context.GroupIds[1], context.GroupIds[2]);
        Call(Libc.SYS_prctl, "Capabilities cannot be kept", Libc.PR_SET_KEEPCAPS, context.Inheritable == 0 ? 0 : 1);
        Call(Libc.SYS_setresuid, "The user ids cannot be set", context.UserIds[0], context.UserIds[1], context.UserIds[2]);
        SetCapabilities();
        if (context.NoNewPrivileges)
            Call(Libc.SYS_prctl, "no_new_privs cannot be set", Libc.PR_SET_NO_NEW_PRIVS, 1);
        // With the rights of that user: a QEMU may be anywhere, and root would follow it there.
        if (context.WorkingDirectory is { } directory)
            ChangeDirectory(directory);
    }

    private void Schedule()
    {
        using var self = ProcessHandle.Open(Environment.ProcessId);
        using var thread = HeldThread.Find(self, (int)Libc.syscall6(Libc.SYS_gettid, 0, 0, 0, 0, 0, 0))
            ?? throw new LinuxException(Libc.ESRCH, "The launcher does not find its own thread.");
        if (context.Cpus is { Length: > 0 } cpus)
            new ThreadAffinity(cpus).ApplyTo(thread);
        if (context.Model is not { } identity)
            return;
        using var process = ProcessHandle.TryOpen(identity)
            ?? throw new LinuxException(Libc.ESRCH, $"Process {identity.ProcessId}, after which it is scheduled, has ended.");
        using var model = HeldThread.Main(process);
        // What could not be copied shows when the new process is compared with the old one.
        _ = ThreadAttributes.Copy(model, thread);
    }

    private void SetCapabilities()
    {
        var isRoot = context.UserIds[1] == 0;
        // When a program is executed the kernel gives root all that the bounding set leaves.
        var permitted = isRoot ? _own : context.Inheritable & _own;
        var inheritable = context.Inheritable & permitted;
        var header = new Libc.capability_header { version = Libc.CAPABILITY_VERSION_3 };
        var data = new Libc.capability_data
        {
            permitted = (uint)permitted,
            permitted_high = (uint)(permitted >> 32),
            effective = (uint)permitted,
            effective_high = (uint)(permitted >> 32),
            inheritable = (uint)inheritable,
            inheritable_high = (uint)(inheritable >> 32),
        };
        Call(Libc.SYS_prctl, "The ambient capabilities cannot be given up", Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL);
        Call(Libc.SYS_capset, "The capabilities cannot be set", (nint)(&header), (nint)(&data));
        for (var capability = 0; capability <= LastCapability && !isRoot; capability++)
        {
            if ((context.Ambient & inheritable & (1UL << capability)) != 0)
                Call(Libc.SYS_prctl, $"Capability {capability} cannot be made ambient", Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_RAISE, capability);
        }
    }

    private static void SetLimit(LaunchLimit limit)
    {
        var wanted = new Libc.rlimit64 { current = limit.Soft, maximum = limit.Hard };
        var now = default(Libc.rlimit64);
        Call(Libc.SYS_prlimit64, $"'{limit.Name}' cannot be read", 0, limit.Resource, 0, (nint)(&now));
        // Even the same one again needs a right when it is above what the host allows.
        if (now.current != wanted.current || now.maximum != wanted.maximum)
            Call(Libc.SYS_prlimit64, $"'{limit.Name}' cannot be set to {limit.Soft}:{limit.Hard}", 0, limit.Resource, (nint)(&wanted));
    }

    private static void ChangeDirectory(string directory)
    {
        var name = Marshal.StringToCoTaskMemUTF8(directory);
        Call(Libc.SYS_chdir, $"The working directory {directory} cannot be entered", name);
        Marshal.FreeCoTaskMem(name);
    }

    private static string LabelFile => File.Exists("/proc/thread-self/attr/apparmor/exec") && !File.Exists("/sys/fs/selinux/enforce")
        ? "/proc/thread-self/attr/apparmor/exec"
        : "/proc/thread-self/attr/exec";

    // Lowering, for one, needs a right that root of a container has not; what it has already it need not set.
    private static void WriteChanged(string file, string value, string prefix = "")
    {
        if (ProcFile.ReadText(file).Trim() != value)
            Write(file, prefix + value, $"{file} cannot be set to {value}");
    }

    private static void Write(string file, string value, string failure)
    {
        var error = 0;
        using var opened = Libc.Own(Libc.Check(Libc.open(file, Libc.O_WRONLY | Libc.O_CLOEXEC, 0), failure));
        var bytes = System.Text.Encoding.UTF8.GetBytes(value);
        fixed (byte* buffer = bytes)
            error = Libc.write((int)opened.DangerousGetHandle(), buffer, bytes.Length) < 0 ? -1 : 0;
        _ = Libc.Check(error, failure);
    }

    private static void Call(long number, string failure, long a, long b = 0, long c = 0, long d = 0) =>
        _ = Libc.Check(Libc.syscall6(number, a, b, c, d, 0, 0) < 0 ? -1 : 0, failure);
}
