using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;

namespace VirtHandover.Handover.Recovery;

/// <summary>A journal's entries, by what they say: how far a handover got and what it left.</summary>
/// <param name="Opened">What it began with.</param>
/// <param name="Target">The new QEMU, once it was started.</param>
/// <param name="Prepared">Set once the twin was compared.</param>
/// <param name="Quiescing">Set once libvirt may have been stopped.</param>
/// <param name="Pausing">Set once the guest may have been paused.</param>
/// <param name="Committed">Set once the guest belongs to the target, and not since revoked.</param>
/// <param name="TargetRan">The target has run the guest.</param>
/// <param name="IsInPlace">Nothing but libvirt's start is left.</param>
/// <param name="Report">How it ended.</param>
internal sealed record HandoverTrace(
    JournalEntry.Opened Opened,
    JournalEntry.TargetStarted? Target,
    JournalEntry.Prepared? Prepared,
    JournalEntry.Quiescing? Quiescing,
    JournalEntry.Pausing? Pausing,
    JournalEntry.Committed? Committed,
    bool TargetRan,
    bool IsInPlace,
    HandoverReport? Report)
{
    /// <summary>The sockets with which the new QEMU and the old program's twin were started; null before, and in journals of releases that did not write it.</summary>
    internal JournalEntry.Starting? Starting { get; init; }

    /// <summary>True once an administrator has had it tried again.</summary>
    internal bool IsReopened { get; init; }

    /// <summary>Where libvirt's status file of the VM is while the VM is out of its sight: beside its place, under a name that libvirt does not read.</summary>
    internal string HiddenStatusPath => string.Create(CultureInfo.InvariantCulture, $"{Opened.StatusPath}{HiddenMark}{Opened.Request.Id}");

    /// <summary>True as long as the VM is out of libvirt's sight.</summary>
    internal bool IsHidden => File.Exists(HiddenStatusPath);

    /// <summary>Stands before the handover's number in such a name.</summary>
    internal const string HiddenMark = ".virt-handover-";

    /// <summary>When the target had begun to run the guest; null when nobody wrote it down.</summary>
    internal DateTimeOffset? TargetRanAt { get; init; }

    /// <summary>
    /// How long the guest has stood still, by the times of the entries: at least as long as it did. Of a copy's first short stop the
    /// journal does not tell the end.
    /// </summary>
    /// <param name="end">When the guest went on; with the target's own entry that counts.</param>
    internal TimeSpan PauseUntil(DateTimeOffset end) =>
        this is { Quiescing: { } quiescing, Pausing: { WasRunning: true } pausing } && pausing.At >= quiescing.At && (TargetRanAt ?? end) - pausing.At is { } pause && pause > TimeSpan.Zero
            ? pause
            : TimeSpan.Zero;

    /// <summary>Reads the entries.</summary>
    /// <returns>The trace; null when not even the beginning is there, so that nothing can have been changed.</returns>
    internal static HandoverTrace? Of(IReadOnlyList<JournalEntry> entries)
    {
        T? Last<T>()
            where T : JournalEntry => entries.OfType<T>().LastOrDefault();
        return Last<JournalEntry.Opened>() is { } opened
            ? new HandoverTrace(
                opened,
                Last<JournalEntry.TargetStarted>(),
                Last<JournalEntry.Prepared>(),
                Last<JournalEntry.Quiescing>(),
                Last<JournalEntry.Pausing>(),
                entries.LastOrDefault(entry => entry is JournalEntry.Committed or JournalEntry.Revoked) as JournalEntry.Committed,
                Last<JournalEntry.TargetRuns>() is not null,
                Last<JournalEntry.Adopting>() is not null,
                JournalEntry.IsOver(entries) ? Last<JournalEntry.Closed>()!.Report : null)
            {
                Starting = Last<JournalEntry.Starting>(),
                IsReopened = Last<JournalEntry.Reopened>() is not null,
                TargetRanAt = Last<JournalEntry.TargetRuns>()?.At,
            }
            : null;
    }
}
