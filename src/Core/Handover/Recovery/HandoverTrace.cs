using VirtHandover.Handover.Journal;

namespace VirtHandover.Handover.Recovery;

/// <summary>A journal's entries, by what they say: how far a handover got and what it left.</summary>
internal sealed record HandoverTrace(
    JournalEntry.Opened Opened,
    JournalEntry.TargetStarted? Target,
    JournalEntry.Prepared? Prepared,
    JournalEntry.Quiescing? Quiescing,
    JournalEntry.Pausing? Pausing,
    JournalEntry.Committed? Committed,
    bool TargetRan,
    HandoverReport? Report)
{
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
                Last<JournalEntry.Closed>()?.Report)
            : null;
    }
}
