using VirtHandover.Linux.Launch;

namespace VirtHandover.Qemu;

/// <summary>What <see cref="TargetCommandLine"/> must know beside the source's command line.</summary>
internal sealed record TargetPlan
{
    /// <summary>The new binary's path as libvirt names it.</summary>
    public required string Program { get; init; }

    /// <summary>True for the old QEMU that is started once more to be asked: its network devices are there, on no network.</summary>
    public bool IsOldTwin { get; init; }

    /// <summary>The source's memory backends (<c>qom-list /objects</c>): the one that a plain <c>-m</c> makes is not on the command line.</summary>
    public required IReadOnlyList<MemoryBackend> Memory { get; init; }

    /// <summary>The options that the new binary has; null when that is not known.</summary>
    public IReadOnlySet<string>? Options { get; init; }

    /// <summary>The source's fd sets (<c>query-fdsets</c>, asked while libvirt holds the monitor: QEMU 7.2 forgets unused ones afterwards).</summary>
    public IReadOnlyList<Fdset> Fdsets { get; init; } = [];

    /// <summary>The date that the target's real-time clock counts from; null to leave it as it is written.</summary>
    public string? RtcBase { get; init; }
}

/// <summary>How to start the target.</summary>
/// <param name="Line">Its command line.</param>
/// <param name="Fds">The descriptors it must find, by number, ascending; 0 to 2 are not among them.</param>
/// <param name="Nics">The network devices that come while the guest is paused, in order.</param>
/// <param name="Logical">The domain's command line for the next handover: network devices and displays in their places, memory where the target has it.</param>
internal sealed record TargetStart(CommandLine Line, IReadOnlyList<FdMapping> Fds, IReadOnlyList<LateNic> Nics, CommandLine Logical)
{
    /// <summary>Where it listens by its own arguments: addresses that the source has as long as it lives.</summary>
    public IReadOnlyList<ExpectedBind> Binds { get; init; } = [];
}
