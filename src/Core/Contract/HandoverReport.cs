using VirtHandover.Foreign;

namespace VirtHandover.Contract;

/// <summary>How a handover ended.</summary>
public enum HandoverOutcome
{
    /// <summary>The guest runs on the new QEMU and libvirt manages it.</summary>
    Done,

    /// <summary>The rehearsal went through; nothing was changed.</summary>
    Rehearsed,

    /// <summary>A blocker refused it; nothing was changed.</summary>
    Refused,

    /// <summary>Cancelled before the pause; the guest runs on the old QEMU.</summary>
    Cancelled,

    /// <summary>Not tried, because another one in the same outage of libvirt had failed, or libvirt was away; what was approved stays approved.</summary>
    Postponed,

    /// <summary>It failed and was undone; the guest runs on the old QEMU.</summary>
    Undone,

    /// <summary>
    /// The VM has crashed during its handover, because one of its two QEMUs died while the guest was its; or it stands still in the old one,
    /// which cannot open its disks again. An administrator is needed.
    /// </summary>
    Stranded,

    /// <summary>There is nothing left to hand over: the VM had ended, by itself or by somebody, before its guest was touched.</summary>
    Gone,

    /// <summary>Nobody knows: what executed it is gone without a result. The next scan shows what the guest runs on.</summary>
    Lost,
}

/// <summary>How long one phase took.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Microseconds">Its duration in µs.</param>
public sealed record PhaseDuration(HandoverPhase Phase, long Microseconds);

/// <summary>The result of one handover: what the administrator reads and what the history keeps.</summary>
public sealed record HandoverReport
{
    /// <summary>The request's number.</summary>
    public required long Id { get; init; }

    /// <summary>The domain's UUID.</summary>
    public required Guid Domain { get; init; }

    /// <summary>The domain's name.</summary>
    public required string Name { get; init => field = ForeignText.Name(value ?? ""); }

    /// <summary>How it ended.</summary>
    public required HandoverOutcome Outcome { get; init; }

    /// <summary>One sentence: what happened, what state the VM is in, what to do next. Never empty.</summary>
    public required string Sentence { get; init => field = ForeignText.Sentence(value ?? ""); }

    /// <summary>The QEMU the guest ran on before; null when it was not read.</summary>
    public QemuBuild? From { get; init; }

    /// <summary>The QEMU the target was started from; null when it was not read.</summary>
    public QemuBuild? To { get; init; }

    /// <summary>The RAM method; null when none was chosen.</summary>
    public RamMethod? Method { get; init; }

    /// <summary>Why this method, in one sentence.</summary>
    public string MethodReason { get => field ?? ""; init => field = ForeignText.Sentence(value ?? ""); }

    /// <summary>Preflight and twin check findings; when there were more than <see cref="ForeignBounds.Findings"/> the last says how many.</summary>
    public IReadOnlyList<Finding> Findings { get => field ?? []; init => field = BoundedFindings.Of(value ?? []); }

    /// <summary>Who approved it or asked for it, for example <c>ana (uid 1000)</c>; empty when nobody knows.</summary>
    public string By { get => field ?? ""; init => field = ForeignText.Name(value ?? ""); }

    /// <summary>When they did; null when nobody knows.</summary>
    public DateTimeOffset? ApprovedAt { get; init; }

    /// <summary>When the request was started, host clock.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From the source's STOP event to the target's RESUME event in µs (QEMU's own timestamps); 0 when it was never paused.</summary>
    public long PauseMicroseconds { get; init; }

    /// <summary>
    /// <see cref="RamMethod.Copy"/> only: a first, short stop in which the target got the network cards, before the copying
    /// began; in µs. 0 otherwise.
    /// </summary>
    public long AttachPauseMicroseconds { get; init; }

    /// <summary>From the start of Begin until libvirt showed the domain running, in µs.</summary>
    public long TotalMicroseconds { get; init; }

    /// <summary>
    /// How long libvirt's API was away, in µs; 0 when the daemon was not stopped, or when it was back before a recovery could see when. After a
    /// recovery that found it away: from the journal's entry of Quiesce until that recovery had it come back.
    /// </summary>
    public long OutageMicroseconds { get; init; }

    /// <summary>Bytes of guest memory that were copied.</summary>
    public long CopiedBytes { get; init; }

    /// <summary>
    /// Incoming frames that the guest did not get because it was handed over, counted at its taps (may be wrong by one a card); null when it
    /// has none or was not paused.
    /// </summary>
    public long? FramesLost { get; init; }

    /// <summary>Each phase that was entered, in order.</summary>
    public IReadOnlyList<PhaseDuration> Phases
    {
        get => field ?? [];
        init => field = value is null || (value.Count <= ForeignBounds.Phases && !value.Contains(null!))
            ? value
            : [.. value.Where(phase => phase is not null).Take(ForeignBounds.Phases)];
    }
}
