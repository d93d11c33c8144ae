using VirtHandover.Contract;

namespace VirtHandover.Bus.Client;

/// <summary>One domain as the service shows it on D-Bus (<c>org.virthandover.Handover1.Domain</c>).</summary>
public sealed record DomainView
{
    /// <summary>The domain's UUID.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>The domain's name, as libvirt has it: any text, control characters included.</summary>
    public required string Name { get; init; }

    /// <summary><c>current</c>, <c>pending</c>, <c>approved</c>, <c>running</c>, <c>done</c>, <c>failed</c>, <c>deferred</c> or <c>blocked</c>.</summary>
    public required string State { get; init; }

    /// <summary>Version of the QEMU the guest runs on.</summary>
    public required string RunningVersion { get; init; }

    /// <summary>Version of the QEMU on disk; empty when there is none.</summary>
    public required string InstalledVersion { get; init; }

    /// <summary>The packager's version of the running QEMU; may be empty.</summary>
    public string RunningPackage { get; init; } = "";

    /// <summary>The packager's version of the QEMU on disk; may be empty.</summary>
    public string InstalledPackage { get; init; } = "";

    /// <summary>Why it is outdated, one sentence each; empty when it is current.</summary>
    public IReadOnlyList<string> OutdatedReasons { get; init; } = [];

    /// <summary><c>shared</c>, <c>copy</c>, or empty while it is not known.</summary>
    public string Method { get; init; } = "";

    /// <summary>Why this method, in one sentence.</summary>
    public string MethodReason { get; init; } = "";

    /// <summary>The preflight's findings.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Until when it is deferred; null when it is not.</summary>
    public DateTimeOffset? DeferredUntil { get; init; }

    /// <summary>Who approved it, for example <c>root (uid 0)</c> or <c>Mode=auto</c>; empty when nobody did.</summary>
    public string ApprovedBy { get; init; } = "";

    /// <summary>The phase of the handover that runs now, lower case; empty when none runs.</summary>
    public string Phase { get; init; } = "";

    /// <summary>0 to 1 while memory is being copied; negative when nothing is being copied.</summary>
    public double Progress { get; init; } = -1;

    /// <summary>The last handover's pause in µs; 0 when there was none.</summary>
    public long LastPauseMicroseconds { get; init; }

    /// <summary>The last handover's total in µs; 0 when there was none.</summary>
    public long LastTotalMicroseconds { get; init; }

    /// <summary>The last handover's outage of libvirt in µs; 0 when there was none.</summary>
    public long LastOutageMicroseconds { get; init; }

    /// <summary>What the last handover said; empty when there was none.</summary>
    public string LastSentence { get; init; } = "";

    /// <summary>Why it is deferred, in the words of who did it; may be empty.</summary>
    public string DeferReason { get; init; } = "";

    /// <summary>What applies: <c>auto</c>, <c>ask</c> or <c>never</c>; empty when the service does not say.</summary>
    public string PolicyMode { get; init; } = "";

    /// <summary>Its maintenance windows, for example <c>Sun 02:00-04:00</c>; empty for any time.</summary>
    public string PolicyWindow { get; init; } = "";

    /// <summary>How long its guest may stand still, in µs; 0 when the service does not say.</summary>
    public long PolicyMaxPauseMicroseconds { get; init; }

    /// <summary>Its place in the queue: higher is earlier, 0 is usual.</summary>
    public int PolicyPriority { get; init; }

    /// <summary>The nearest place that decides any part of the policy: <c>domain</c>, <c>configuration</c> or <c>default</c>.</summary>
    public string PolicySource { get; init; } = "";

    /// <summary>The parts that the domain's own metadata decides: <c>mode</c>, <c>window</c>, <c>max_pause</c>, <c>priority</c>.</summary>
    public IReadOnlyList<string> PolicyOwn { get; init; } = [];

    /// <summary>What its metadata asks for and is not granted, and what to do about it, in sentences; empty when everything is granted.</summary>
    public string PolicyRefusal { get; init; } = "";

    /// <summary>Why an approved one does not start yet, in sentences; empty when nothing holds it.</summary>
    public string WaitReason { get; init; } = "";

    /// <summary>When its next maintenance window opens; null when it has none or one is open.</summary>
    public DateTimeOffset? NextWindow { get; init; }

    /// <summary>When the preflight last ran for it; null when it did not.</summary>
    public DateTimeOffset? AssessedAt { get; init; }

    /// <summary>The phases that the running handover has left, in order; <see cref="Phase"/> is the one it is in.</summary>
    public IReadOnlyList<PhaseDuration> PhaseTimes { get; init; } = [];

    /// <summary>When the running handover entered <see cref="Phase"/>; null when none runs.</summary>
    public DateTimeOffset? PhaseSince { get; init; }
}
