using System.Globalization;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux.Launch;

/// <summary>This very program once more, in another role: as another user, without any capability, and without a way to get one.</summary>
public static class PowerlessSelf
{
    /// <summary>Starts it.</summary>
    /// <param name="arguments">The role, and what belongs to it.</param>
    /// <param name="user">The user; null for root without its power, where there is no other.</param>
    /// <param name="environment">Its whole environment, <c>NAME=value</c> each.</param>
    /// <param name="descriptors">Its descriptors.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The process; the caller reaps it.</returns>
    /// <exception cref="LinuxException">It could not be started.</exception>
    public static async Task<ProcessHandle> StartAsync(
        IReadOnlyList<string> arguments,
        SystemUser? user,
        IReadOnlyList<string> environment,
        IReadOnlyList<InheritedDescriptor> descriptors,
        CancellationToken cancellationToken)
    {
        // Not by its path: an upgrade may have put another build there.
        using var self = Libc.Own(Libc.Check(Libc.open("/proc/self/exe", Libc.O_RDONLY | Libc.O_CLOEXEC, 0), "The service's own program cannot be opened"));
        var (id, group) = user is null ? (0, 0) : (user.Id, user.GroupId);
        return await new Launch
        {
            Subject = string.Create(CultureInfo.InvariantCulture, $"virt-handoverd as user {id}"),
            Context = new LaunchContext { UserIds = [id, id, id], GroupIds = [group, group, group], NoNewPrivileges = true, WorkingDirectory = "/" },
            Program = "",
            Held = self,
            Arguments = [Environment.ProcessPath ?? "virt-handoverd", .. arguments],
            Environment = environment,
            Descriptors = descriptors,
        }.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Memory of this process that can be written, or could, is never executed from here on; where the kernel knows that (Linux 6.3).</summary>
    public static void ExecuteNothingNew() => _ = Libc.prctl(Libc.PR_SET_MDWE, Libc.PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
}
