using VirtHandover.Handover.Journal;

namespace VirtHandover.Handover.Recovery;

/// <summary>A handover that has stopped where only its journal can say how it has to end.</summary>
/// <param name="Journal">Its journal, locked by this process.</param>
/// <param name="Cause">What stopped it, as a sentence.</param>
internal sealed record BrokenHandover(HandoverJournal Journal, string Cause)
{
    /// <summary>What its journal says now; an attempt to end it may have revoked a commit.</summary>
    internal HandoverTrace Trace => HandoverTrace.Of(HandoverJournal.Read(Journal.Path))
        ?? throw new Linux.LinuxException(0, $"The journal {Journal.Path} has lost its beginning.");
}
