using VirtHandover.Handover;

namespace VirtHandover.Bus.Client;

/// <summary>The service as its clients use it: the screen, the command line, the hook.</summary>
public interface IHandoverService : IAsyncDisposable
{
    /// <summary>Reads everything once (<c>GetManagedObjects</c>).</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The present state.</returns>
    /// <exception cref="ServiceException">The service or the bus cannot be reached, or it refused.</exception>
    Task<HostView> ReadAsync(CancellationToken cancellationToken);

    /// <summary>The present state, then a new one after every change; ends when the service leaves the bus.</summary>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Complete snapshots; several quick changes may come as one.</returns>
    IAsyncEnumerable<HostView> WatchAsync(CancellationToken cancellationToken);

    /// <summary>Approves a pending or deferred domain (<c>Domain.Approve</c>).</summary>
    Task ApproveAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>Defers a domain until a moment (<c>Domain.Defer</c>).</summary>
    Task DeferAsync(Guid domain, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Takes an approval back, or cancels a handover that has not paused its guest yet (<c>Domain.Cancel</c>).</summary>
    Task CancelAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>Puts a failed or blocked domain back to pending after a new preflight (<c>Domain.Retry</c>).</summary>
    Task RetryAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>Looks at all domains again (<c>Manager.Rescan</c>).</summary>
    Task RescanAsync(CancellationToken cancellationToken);

    /// <summary>One handover now, outdated or not (<c>Manager.Run</c>); returns when it has ended.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="rehearse">Stop after the twin check.</param>
    /// <param name="cancellationToken">Stops waiting; the handover itself goes on.</param>
    /// <returns>The result.</returns>
    Task<HandoverReport> RunAsync(Guid domain, bool rehearse, CancellationToken cancellationToken);

    /// <summary>Past handovers, newest first (<c>Manager.History</c>).</summary>
    /// <param name="domain">One domain, or null for all.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The reports.</returns>
    Task<IReadOnlyList<HandoverReport>> HistoryAsync(Guid? domain, int limit, CancellationToken cancellationToken);
}
