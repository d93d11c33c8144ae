using System.Text.Json.Serialization;

namespace VirtHandover.Linux.Launch;

/// <summary>What a launcher is to do; every number in it is of a descriptor that the launcher has inherited.</summary>
internal sealed record LaunchPlan
{
    /// <summary>The context that the program gets.</summary>
    public required LaunchContext Context { get; init; }

    /// <summary>The program, as it is named in the mount namespace that the context has; null when <see cref="ProgramDescriptor"/> is the program.</summary>
    public string? Program { get; init; }

    /// <summary>The program itself, open; null when <see cref="Program"/> names it.</summary>
    public int? ProgramDescriptor { get; init; }

    /// <summary>Its arguments, its name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Its whole environment, <c>NAME=value</c> each. No other program gets any of it.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>The descriptors that the program keeps, standard ones included; all others are closed.</summary>
    public required IReadOnlyList<int> Kept { get; init; }

    /// <summary>Where the launcher writes how it went.</summary>
    public required int Report { get; init; }

    /// <summary>Whether the launcher, right before it becomes the program, says which thread does so and waits for a byte here; null when it does not.</summary>
    public int? Gate { get; init; }
}

/// <summary>Everything about a process that is neither its program nor its descriptors, as one thread can take it on.</summary>
internal sealed record LaunchContext
{
    /// <summary>A process whose main thread is scheduled as the new one is to be; null to leave that alone.</summary>
    public Proc.ProcessIdentity? Model { get; init; }

    /// <summary>The CPUs, as <c>sched_setaffinity(2)</c> takes them; null or none to leave them alone.</summary>
    public byte[]? Cpus { get; init; }

    /// <summary>NUMA memory policy as the kernel prints it; null to leave it alone.</summary>
    public string? MemoryPolicy { get; init; }

    /// <summary>Files to which <c>0</c> is written to join control groups.</summary>
    public IReadOnlyList<string> JoinFiles { get; init; } = [];

    /// <summary><c>oom_score_adj</c>; null to leave it alone.</summary>
    public int? OutOfMemoryScore { get; init; }

    /// <summary><c>coredump_filter</c>, in hex; null to leave it alone.</summary>
    public string? CoredumpFilter { get; init; }

    /// <summary>umask; −1 to leave it alone.</summary>
    public int Umask { get; init; } = -1;

    /// <summary>Limits.</summary>
    public IReadOnlyList<LaunchLimit> Limits { get; init; } = [];

    /// <summary>Namespaces to enter.</summary>
    public IReadOnlyList<LaunchNamespace> Namespaces { get; init; } = [];

    /// <summary>Real, effective and saved user id.</summary>
    public required IReadOnlyList<uint> UserIds { get; init; }

    /// <summary>Real, effective and saved group id.</summary>
    public required IReadOnlyList<uint> GroupIds { get; init; }

    /// <summary>Supplementary groups.</summary>
    public IReadOnlyList<uint> Groups { get; init; } = [];

    /// <summary>The capabilities that may stay in the bounding set.</summary>
    public ulong Bounding { get; init; }

    /// <summary>Inheritable capabilities.</summary>
    public ulong Inheritable { get; init; }

    /// <summary>Ambient capabilities; a part of the inheritable ones.</summary>
    public ulong Ambient { get; init; }

    /// <summary>Whether <c>no_new_privs</c> is set before the program is executed.</summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>What is written to <c>attr/exec</c>, SELinux's context or AppArmor's <c>exec PROFILE</c>; empty for nothing.</summary>
    public string ExecutionLabel { get; init; } = "";

    /// <summary>Where it begins; null to stay.</summary>
    public string? WorkingDirectory { get; init; }
}

/// <summary>One limit.</summary>
/// <param name="Resource">The kernel's number of it.</param>
/// <param name="Name">Its name in <c>/proc/PID/limits</c>.</param>
/// <param name="Soft">The soft limit; the greatest number for none.</param>
/// <param name="Hard">The hard limit; the greatest number for none.</param>
public sealed record LaunchLimit(int Resource, string Name, ulong Soft, ulong Hard);

/// <summary>A namespace to enter.</summary>
/// <param name="Kind">Its name below <c>/proc/PID/ns</c>.</param>
/// <param name="Type">Its <c>CLONE_NEW…</c>.</param>
/// <param name="Descriptor">The namespace, open.</param>
internal sealed record LaunchNamespace(string Kind, int Type, int Descriptor);

/// <summary>The plan's JSON, which both ends of one build read and write.</summary>
[JsonSerializable(typeof(LaunchPlan))]
[JsonSerializable(typeof(LaunchContext))]
[JsonSourceGenerationOptions(
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
internal sealed partial class LaunchJson : JsonSerializerContext;
