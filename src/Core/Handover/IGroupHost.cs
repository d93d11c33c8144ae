using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;

namespace VirtHandover.Handover;

/// <summary>What the VMs of a group have in common: the host's memory, and libvirt.</summary>
/// <typeparam name="TTwin">A twin that waits for its guest.</typeparam>
internal interface IGroupHost<TTwin>
{
    /// <summary>True when there is memory for so many more twins like one that runs.</summary>
    /// <param name="twin">The one.</param>
    /// <param name="many">How many.</param>
    bool HasRoomFor(TTwin twin, int many);

    /// <summary>Stops libvirt, once for all VMs that are to be moved.</summary>
    /// <param name="group">Their twins and journals.</param>
    /// <exception cref="HostBusyException">A VM of the host has a job or would not survive libvirt's return, or the host is shutting down; libvirt runs.</exception>
    /// <exception cref="UnfinishedException">libvirt was stopped and its daemon cannot be started.</exception>
    Task<IOutage> StopLibvirtAsync(IReadOnlyList<(TTwin Twin, HandoverJournal Journal)> group);

    /// <summary>Ends what was left half-way while libvirt runs, however often that has to be tried.</summary>
    /// <param name="broken">The handovers.</param>
    /// <param name="alarm">Who is told when it cannot be done yet.</param>
    /// <returns>A report for each, in the same order.</returns>
    Task<IReadOnlyList<HandoverReport>> InsistAsync(IReadOnlyList<BrokenHandover> broken, IProgress<string> alarm);
}
