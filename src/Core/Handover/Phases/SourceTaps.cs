using VirtHandover.Handover.Journal;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// The source's taps as it has them, for as long as the target may have changed them. The guest decides how many queues it uses and which
/// offloads, at any time while it runs; so they are read right before it is stopped and looked at again when it stands still.
/// </summary>
/// <param name="cards">The cards.</param>
internal sealed class SourceTaps(IReadOnlyList<LateCard> cards)
{
    /// <summary>As they were read last.</summary>
    internal IReadOnlyList<SavedTap> Saved { get; private set; } = [];

    /// <summary>Reads them.</summary>
    /// <returns>True when they are not as they were read before.</returns>
    /// <exception cref="LinuxException">They cannot be read.</exception>
    internal bool Read()
    {
        var before = Saved;
        Saved = [.. cards.Select(card => card.Save())];
        return !Saved.SequenceEqual(before);
    }

    /// <summary>Gives them back to the source as they were read last; nothing if they never were.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal void Restore()
    {
        foreach (var (card, tap) in cards.Zip(Saved))
            card.Restore(tap);
    }
}
