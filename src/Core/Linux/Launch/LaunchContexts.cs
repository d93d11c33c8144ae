namespace VirtHandover.Linux.Launch;

/// <summary>What of a process's context a program gets that is started beside it.</summary>
internal static class LaunchContexts
{
    /// <summary>All of it, for a twin.</summary>
    /// <param name="source">The process's context.</param>
    /// <param name="model">The process itself.</param>
    /// <param name="cpus">The CPUs of its main thread.</param>
    internal static LaunchContext OfTwin(ProcessContext source, Proc.ProcessIdentity model, ThreadAffinity cpus) => Rights(source) with
    {
        Model = model,
        Cpus = cpus.Mask.ToArray(),
        MemoryPolicy = Linux.MemoryPolicy.Of(source.ProcessId) is { IsDefault: false } policy ? policy.Text : null,
        JoinFiles = source.Cgroups.JoinFiles,
        OutOfMemoryScore = source.OutOfMemoryScore,
        CoredumpFilter = source.CoredumpFilter,
        Umask = source.Status.Umask,
        Limits = source.Limits,
        // A system call filter, which QEMU sets itself, brings it; before that it would keep SELinux from giving the label.
        NoNewPrivileges = source.Status.NoNewPrivileges && source.Status.SeccompMode == 0,
        ExecutionLabel = source.Label.Length == 0 ? "" : source.IsSelinux ? source.Label : "exec " + source.Label,
        WorkingDirectory = source.WorkingDirectory,
    };

    /// <summary>
    /// Its rights to files. Not its control groups, because a program that takes memory from them could have the kernel end the process they
    /// are made for; and not its label, in which no program but its own may be started.
    /// </summary>
    /// <param name="source">The process's context.</param>
    internal static LaunchContext OfFiles(ProcessContext source) => Rights(source) with { WorkingDirectory = "/" };

    /// <summary>Its ids alone, for a program that is asked what it is: it needs no right at all.</summary>
    /// <param name="source">Whose ids.</param>
    internal static LaunchContext OfQuestion(Proc.ProcessStatus source) => new()
    {
        UserIds = [.. source.UserIds.Take(3)],
        GroupIds = [.. source.GroupIds.Take(3)],
        Groups = source.Groups,
        NoNewPrivileges = true,
        WorkingDirectory = "/",
    };

    private static LaunchContext Rights(ProcessContext source) => new()
    {
        UserIds = [.. source.Status.UserIds.Take(3)],
        GroupIds = [.. source.Status.GroupIds.Take(3)],
        Groups = source.Status.Groups,
        Bounding = source.Status.BoundingCapabilities,
        // What a process may hand on is no more than what it has.
        Inheritable = source.Status.AmbientCapabilities & source.Status.PermittedCapabilities,
        Ambient = source.Status.AmbientCapabilities & source.Status.PermittedCapabilities,
    };
}
