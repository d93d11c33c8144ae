using VirtHandover.Contract;

namespace VirtHandover.Handover;

/// <summary>Finds out what became of a handover that the service did not see ending.</summary>
public interface IHandoverRecovery
{
    /// <summary>Handovers that have begun and not ended, whether or not anybody remembers having asked for them.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Their numbers, the oldest first.</returns>
    /// <exception cref="Linux.LinuxException">What they left cannot be read.</exception>
    Task<IReadOnlyList<long>> UnfinishedAsync(CancellationToken cancellationToken);

    /// <summary>Waits for a handover that is still being executed, finishes or undoes one whose executor died, and reports.</summary>
    /// <param name="id">The handover's number.</param>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="alarm">Is given a sentence for the administrator as long as it cannot be brought to an end.</param>
    /// <param name="cancellationToken">Stops waiting; the handover goes on.</param>
    /// <returns>The final report; null when nothing on this host tells of that handover.</returns>
    Task<HandoverReport?> RecoverAsync(long id, Guid domain, IProgress<string> alarm, CancellationToken cancellationToken);
}
