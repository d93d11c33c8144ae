using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Phases;

/// <summary>The twin stands and has been compared; the guest runs in the source and has noticed nothing.</summary>
internal sealed record Prepared
{
    internal required Begun Begun { get; init; }

    internal required Target Target { get; init; }

    /// <summary>What walls the target off from others, as it was found to be the source's.</summary>
    internal required ProcessTies Confinement { get; init; }

    internal required RamMethod Method { get; init; }

    /// <summary>Memory is copied while the guest runs; otherwise it is shared, or copied with the guest standing still.</summary>
    internal bool IsLiveCopy => Method == RamMethod.Copy && !Begun.Assessment.StandsStill;

    /// <summary>The network cards that are still missing in the target.</summary>
    internal required IReadOnlyList<LateCard> LateCards { get; init; }

    /// <summary>Their taps, as the source has them.</summary>
    internal required SourceTaps Taps { get; init; }

    /// <summary>The source's migration settings as they were.</summary>
    internal required MigrationValues SourceSettings { get; init; }

    /// <summary>Memory backends of the source whose <c>discard-data</c> is on.</summary>
    internal required IReadOnlyList<string> DiscardObjects { get; init; }

    /// <summary>New path of each pseudo terminal, by the path libvirt knows.</summary>
    internal required IReadOnlyDictionary<string, string> Ptys { get; init; }

    /// <summary>Its sockets that nobody can reach before the source has ended.</summary>
    internal required IReadOnlyList<ParkedSocket> Listeners { get; init; }

    /// <summary>The command line the target stands for.</summary>
    internal required IReadOnlyList<string> LogicalArguments { get; init; }

    /// <summary>What the twin check noted.</summary>
    internal required IReadOnlyList<Finding> Notes { get; init; }

    /// <summary>The copy, once it is under way; null for shared memory.</summary>
    internal CopyUnderWay? Copy { get; init; }
}
