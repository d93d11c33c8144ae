namespace VirtHandover.Handover;

/// <summary>The handover as the queue sees it.</summary>
public interface IHandoverRunner
{
    /// <summary>Runs the preflight of a running domain. Changes nothing.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>What was found; an unreadable domain is a blocker in it, not an exception.</returns>
    Task<Assessment> AssessAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>
    /// Runs handovers together: each is prepared on its own, then all are moved, one after the other, in one outage of libvirt.
    /// The stream has one <see cref="HandoverProgress.Ended"/> for each, as the last word on it.
    /// </summary>
    /// <param name="orders">The handovers, of different domains.</param>
    /// <returns>What each tells, in order.</returns>
    IAsyncEnumerable<HandoverNews> RunAsync(IReadOnlyList<HandoverOrder> orders);
}
