using VirtHandover.Handover.Journal;

namespace VirtHandover.Handover.Recovery;

/// <summary>
/// The journals of one dead keeper, all locked: its handovers shared one absence of libvirt, and whoever ended one of them alone
/// would let libvirt start while the next VM is still between its two QEMUs.
/// </summary>
internal sealed class JournalGroup : IDisposable
{
    internal JournalGroup(IReadOnlyList<HandoverJournal> journals) => Journals = journals;

    /// <summary>The journals, by number.</summary>
    internal IReadOnlyList<HandoverJournal> Journals { get; }

    /// <summary>Those that have begun and not ended.</summary>
    internal IReadOnlyList<HandoverJournal> Unfinished =>
        [.. Journals.Where(journal => HandoverTrace.Of(HandoverJournal.Read(journal.Path)) is { Report: null })];

    /// <summary>Takes the journal of a handover and those of all that ran with it.</summary>
    /// <param name="directory">The directory of journals.</param>
    /// <param name="id">The handover's number.</param>
    /// <returns>The group; null while another process has one of them: the keeper, or another recovery, is at work.</returns>
    /// <exception cref="Linux.LinuxException">A journal cannot be read or opened.</exception>
    internal static JournalGroup? TryTake(string directory, long id)
    {
        var journals = new List<HandoverJournal>();
        try
        {
            // All or nothing, so that two recoveries never wait for each other.
            foreach (var number in Together(directory, id))
            {
                if (HandoverJournal.TryOpen(directory, number) is not { } journal)
                    return Drop(journals);
                journals.Add(journal);
            }

            return new JournalGroup(journals);
        }
        catch
        {
            _ = Drop(journals);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Drop(Journals);

    private static IEnumerable<long> Together(string directory, long id) =>
        HandoverTrace.Of(HandoverJournal.Read(HandoverJournal.FileName(directory, id)))?.Opened.Together.Append(id).Distinct().Order() ?? Enumerable.Repeat(id, 1);

    private static JournalGroup? Drop(IReadOnlyList<HandoverJournal> journals)
    {
        foreach (var journal in journals)
            journal.Dispose();
        return null;
    }
}
