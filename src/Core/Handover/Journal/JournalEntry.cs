using System.Text.Json.Serialization;
using VirtHandover.Contract;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Journal;

/// <summary>
/// One step of a handover, on disk before the step is taken. Together the entries hold everything that undo and recovery need,
/// because whoever reads them may be another process than the one that wrote them.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "step")]
[JsonDerivedType(typeof(Opened), "opened")]
[JsonDerivedType(typeof(Starting), "starting")]
[JsonDerivedType(typeof(TargetStarted), "target-started")]
[JsonDerivedType(typeof(Prepared), "prepared")]
[JsonDerivedType(typeof(Quiescing), "quiescing")]
[JsonDerivedType(typeof(Pausing), "pausing")]
[JsonDerivedType(typeof(Committed), "committed")]
[JsonDerivedType(typeof(Revoked), "revoked")]
[JsonDerivedType(typeof(TargetRuns), "target-runs")]
[JsonDerivedType(typeof(Adopting), "adopting")]
[JsonDerivedType(typeof(Closed), "closed")]
[JsonDerivedType(typeof(Reopened), "reopened")]
public abstract record JournalEntry
{
    private JournalEntry()
    {
    }

    /// <summary>When it was written, host clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The handover begins; nothing has been changed.</summary>
    /// <param name="Request">What was asked for.</param>
    /// <param name="Name">The domain's name.</param>
    /// <param name="Boot">The host's boot id: processes of another boot are gone.</param>
    /// <param name="Source">The QEMU that runs the guest.</param>
    /// <param name="MonitorPath">The monitor's socket that libvirt knows.</param>
    /// <param name="StatusPath">libvirt's status file of the domain.</param>
    public sealed record Opened(
        HandoverRequest Request,
        string Name,
        string Boot,
        ProcessIdentity Source,
        string MonitorPath,
        string StatusPath) : JournalEntry
    {
        /// <summary>The numbers of all handovers that its keeper runs, itself among them: they share one absence of libvirt, and none of them is ended without the others.</summary>
        public IReadOnlyList<long> Together { get => field ?? []; init; }

        /// <summary>What systemd-machined knew of the VM; null when it does not know it, and in journals of releases that did not ask.</summary>
        public MachineRegistration? Machine { get; init; }
    }

    /// <summary>The target and the old program's twin are about to be started. Who holds one of the sockets is one of them.</summary>
    /// <param name="New">The target's monitor.</param>
    /// <param name="Old">The twin's.</param>
    public sealed record Starting(BoundSocket New, BoundSocket Old) : JournalEntry;

    /// <summary>The target exists; it runs nothing of the guest.</summary>
    /// <param name="Target">The new QEMU.</param>
    /// <param name="MonitorPath">Its own monitor's socket.</param>
    /// <param name="Method">How memory will get there.</param>
    public sealed record TargetStarted(ProcessIdentity Target, string MonitorPath, RamMethod Method) : JournalEntry;

    /// <summary>The target is a twin of the source. From here on the source's migration settings may be changed.</summary>
    /// <param name="SourceSettings">How they were.</param>
    public sealed record Prepared(MigrationValues SourceSettings) : JournalEntry;

    /// <summary>libvirt's daemon is about to be stopped.</summary>
    /// <param name="Daemon">How to start it again.</param>
    public sealed record Quiescing(DaemonRecipe Daemon) : JournalEntry
    {
        /// <summary>How long it may be away, for all that are moved together.</summary>
        public TimeSpan Limit
        {
            get => field > TimeSpan.Zero ? field : OutageLimit.Default;
            init;
        }
    }

    /// <summary>The guest is about to be paused and the target to get the taps.</summary>
    /// <param name="WasRunning">False when the guest was paused by somebody before.</param>
    /// <param name="Taps">Their settings, to be put back if the source keeps them.</param>
    /// <param name="DiscardObjects">Memory backends whose <c>discard-data</c> was on and has been switched off.</param>
    public sealed record Pausing(bool WasRunning, IReadOnlyList<SavedTap> Taps, IReadOnlyList<string> DiscardObjects) : JournalEntry;

    /// <summary>
    /// The decision. From here on the source never runs the guest again, unless the target is proven not to have run it.
    /// </summary>
    /// <param name="Adoption">What Confirm will do; enough for another process to finish it.</param>
    public sealed record Committed(AdoptionPlan Adoption) : JournalEntry;

    /// <summary>The one way back: the target has provably not run the guest (it ended before it was told to, or refused), so the source may.</summary>
    public sealed record Revoked : JournalEntry;

    /// <summary>The target has run the guest.</summary>
    public sealed record TargetRuns : JournalEntry;

    /// <summary>Everything of the target is in the source's place; libvirt is about to start.</summary>
    public sealed record Adopting : JournalEntry;

    /// <summary>It is over.</summary>
    /// <param name="Report">The result.</param>
    public sealed record Closed(HandoverReport Report) : JournalEntry;

    /// <summary>An administrator has it tried again: it is not over any more.</summary>
    public sealed record Reopened : JournalEntry;

    /// <summary>True when a journal with these entries tells of a handover that is over.</summary>
    /// <param name="entries">The entries, in order.</param>
    internal static bool IsOver(IReadOnlyList<JournalEntry> entries) => entries.LastOrDefault(entry => entry is Closed or Reopened) is Closed;
}
