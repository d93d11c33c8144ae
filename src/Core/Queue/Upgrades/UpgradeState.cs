using System.Text.Json.Serialization;
using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>Where one domain stands. Each state carries what only it knows.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "state")]
[JsonDerivedType(typeof(Current), "current")]
[JsonDerivedType(typeof(Pending), "pending")]
[JsonDerivedType(typeof(Approved), "approved")]
[JsonDerivedType(typeof(Running), "running")]
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(Deferred), "deferred")]
[JsonDerivedType(typeof(Blocked), "blocked")]
public abstract record UpgradeState
{
    private UpgradeState()
    {
    }

    /// <summary>It runs on the installed QEMU, or there is none to move to.</summary>
    public sealed record Current : UpgradeState;

    /// <summary>It waits for an approval.</summary>
    /// <param name="HeldBy">Who took an approval back, so that a policy of "auto" does not give it again; null otherwise.</param>
    public sealed record Pending(string? HeldBy = null) : UpgradeState;

    /// <summary>It waits for its turn.</summary>
    /// <param name="By">Who approved it.</param>
    /// <param name="At">When.</param>
    public sealed record Approved(string By, DateTimeOffset At) : UpgradeState
    {
        /// <summary>How long the guest may stand still in this handover; null: as its policy says.</summary>
        public TimeSpan? MaxPause { get; init; }
    }

    /// <summary>Its handover, or a rehearsal of it, runs.</summary>
    /// <param name="Id">The handover's number.</param>
    /// <param name="Phase">The phase it is in.</param>
    /// <param name="StartedAt">When it was started.</param>
    /// <param name="Rehearse">It stops after the twin check.</param>
    /// <param name="By">Who approved or asked for it.</param>
    /// <param name="Before">The state it came from, to which a rehearsal returns.</param>
    public sealed record Running(
        long Id, HandoverPhase Phase, DateTimeOffset StartedAt, bool Rehearse, string By, UpgradeState Before) : UpgradeState
    {
        /// <summary>0 to 1 while memory is copied, otherwise negative.</summary>
        public double Progress { get; init; } = -1;

        /// <summary>When it entered <see cref="Phase"/>.</summary>
        public DateTimeOffset PhaseSince { get; init; } = StartedAt;

        /// <summary>The phases that it has left, in order.</summary>
        public IReadOnlyList<PhaseDuration> PhaseTimes { get; init; } = [];

        /// <summary>Who asked to cancel it; null when nobody did.</summary>
        public string? CancelledBy { get; init; }
    }

    /// <summary>The guest runs on the installed QEMU, thanks to a handover.</summary>
    /// <param name="Report">That handover.</param>
    /// <param name="Verified">A scan after it has confirmed it.</param>
    public sealed record Done(HandoverReport Report, bool Verified) : UpgradeState;

    /// <summary>The last handover did not lead to the installed QEMU. Nothing is tried again by itself.</summary>
    /// <param name="Report">That handover.</param>
    /// <param name="Sentence">What happened and what to do next.</param>
    public sealed record Failed(HandoverReport Report, string Sentence) : UpgradeState
    {
        /// <summary>What happened and what to do next.</summary>
        public string Sentence { get; init; } = ForeignText.Sentence(Sentence);
    }

    /// <summary>An administrator put it off.</summary>
    /// <param name="Until">When it is pending again.</param>
    /// <param name="By">Who put it off.</param>
    /// <param name="Reason">Why; may be empty.</param>
    public sealed record Deferred(DateTimeOffset Until, string By, string Reason = "") : UpgradeState;

    /// <summary>The preflight refuses it. Nothing is tried again by itself.</summary>
    /// <param name="Findings">What was found, the blockers among them.</param>
    public sealed record Blocked(IReadOnlyList<Finding> Findings) : UpgradeState
    {
        /// <summary>What was found, the blockers among them; when there was more than <see cref="ForeignBounds.Findings"/> the last says how much.</summary>
        public IReadOnlyList<Finding> Findings { get; init; } = BoundedFindings.Of(Findings);
    }

    /// <summary>The state as one lower-case word, as D-Bus and the command line show it.</summary>
    [JsonIgnore]
    public string Word => this switch
    {
        Current => "current",
        Pending => "pending",
        Approved => "approved",
        Running => "running",
        Done => "done",
        Failed => "failed",
        Deferred => "deferred",
        _ => "blocked",
    };
}
