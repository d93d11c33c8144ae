using VirtHandover.Linux;

namespace VirtHandover.Handover.Journal;

/// <summary>Where one of the source's vCPU or I/O threads is.</summary>
/// <param name="Meaning">For example <c>vCPU 0</c>.</param>
/// <param name="Groups">Its control groups.</param>
/// <param name="Cpus">The CPUs on which it may run.</param>
public sealed record PlacedThread(string Meaning, Cgroups Groups, ThreadAffinity Cpus)
{
    /// <summary>The source's thread; 0 in journals of releases that did not write it.</summary>
    public int Thread { get; init; }
}
