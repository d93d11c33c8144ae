using VirtHandover.Linux;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// Counts the incoming frames that a handover costs the guest, at its taps. Lost is what the two QEMUs take from a tap while the guest stands
/// still, and what comes while it is full. A card of the target takes one frame, keeps it for the guest and leaves all others: that one is
/// not counted where others wait behind it. What the source takes in the instant before the first look is missed; so the count may be
/// wrong by one or two a card.
/// </summary>
/// <param name="cards">The cards.</param>
internal sealed class FrameCount(IReadOnlyList<LateCard> cards)
{
    private LinkCounters? _stopped;
    private LinkCounters? _plugged;
    private int _kept;

    /// <summary>The source stands still.</summary>
    internal void Stopped() => _stopped = Read();

    /// <summary>The target has its cards.</summary>
    /// <param name="justNow">False when they came in an earlier stop, and have kept their one frame since.</param>
    internal void Plugged(bool justNow = true)
    {
        _plugged = Read();
        _kept = justNow ? cards.Count(card => card.Queues.Any(queue => TapQueue.HasFrames(queue.Descriptor))) : 0;
    }

    /// <summary>The guest runs again: how many were lost since it stopped.</summary>
    /// <returns>Frames; null when there are no cards, or the kernel does not tell.</returns>
    internal long? Lost() => _stopped is { } stopped && _plugged is { } plugged && Read() is { } now
        ? Math.Max(0, (plugged - stopped).Taken - _kept) + Math.Max(0, (now - stopped).Dropped)
        : null;

    // A count is no reason to let a handover fail.
    private LinkCounters? Read()
    {
        if (cards.Count == 0)
            return null;
        try
        {
            return cards.Select(card => LinkCounters.Read(card.Interface)).Aggregate((all, one) => all + one);
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
