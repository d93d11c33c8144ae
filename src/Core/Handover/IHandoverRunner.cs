namespace VirtHandover.Handover;

/// <summary>The handover as the queue sees it.</summary>
public interface IHandoverRunner
{
    /// <summary>Runs the preflight of a running domain. Changes nothing.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>What was found; an unreadable domain is a blocker in it, not an exception.</returns>
    Task<Assessment> AssessAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>Runs one handover. The stream always ends with <see cref="HandoverProgress.Ended"/>.</summary>
    /// <param name="request">The handover.</param>
    /// <param name="cancellationToken">Asks to cancel; honoured until the guest is paused, ignored afterwards.</param>
    /// <returns>The progress, in order.</returns>
    IAsyncEnumerable<HandoverProgress> RunAsync(HandoverRequest request, CancellationToken cancellationToken);
}
