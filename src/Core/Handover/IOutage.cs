using System.Diagnostics;
using VirtHandover.Contract;
using VirtHandover.Handover.Recovery;

namespace VirtHandover.Handover;

/// <summary>libvirt's absence, for all VMs of a group.</summary>
internal interface IOutage
{
    /// <summary>Since when, in <see cref="Stopwatch"/> ticks.</summary>
    long Since { get; }

    /// <summary>Until when.</summary>
    OutageLimit Limit { get; }

    /// <summary>Lets libvirt start again, and starts it.</summary>
    /// <exception cref="VirtHandover.Libvirt.LibvirtException">It could not be started; its lock is free.</exception>
    Task ReleaseAsync();

    /// <summary>Ends what was left half-way, however often that has to be tried, and lets libvirt come back then, not before.</summary>
    /// <param name="broken">The handovers.</param>
    /// <param name="alarm">Who is told when it cannot be done yet.</param>
    /// <returns>A report for each, in the same order.</returns>
    Task<IReadOnlyList<HandoverReport>> InsistAsync(IReadOnlyList<BrokenHandover> broken, IProgress<string> alarm);
}
