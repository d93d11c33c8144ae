using VirtHandover.Contract;
using VirtHandover.Policy;

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
    /// <param name="domain">The domain.</param>
    /// <param name="maxPause">How long the guest may stand still in this handover; null: as its policy says.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task ApproveAsync(Guid domain, TimeSpan? maxPause, CancellationToken cancellationToken);

    /// <summary>Defers a domain until a moment (<c>Domain.Defer</c>).</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="until">When it is pending again.</param>
    /// <param name="reason">Why, for others to read; may be empty.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task DeferAsync(Guid domain, DateTimeOffset until, string reason, CancellationToken cancellationToken);

    /// <summary>Ends a deferral before its time (<c>Domain.Undefer</c>).</summary>
    Task UndeferAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>Changes a domain's own policy (<c>Domain.SetPolicy</c>).</summary>
    Task SetPolicyAsync(Guid domain, PolicyChange change, CancellationToken cancellationToken);

    /// <summary>Gives a domain shared memory from its next start on (<c>Domain.Prepare</c>).</summary>
    /// <returns>What was done and what is left to do, in a sentence.</returns>
    Task<string> PrepareAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>Starts no further handover until <see cref="ResumeQueueAsync"/> (<c>Manager.PauseQueue</c>).</summary>
    /// <param name="reason">Why, for others to read; may be empty.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task PauseQueueAsync(string reason, CancellationToken cancellationToken);

    /// <summary>Ends a pause of the queue (<c>Manager.ResumeQueue</c>).</summary>
    Task ResumeQueueAsync(CancellationToken cancellationToken);

    /// <summary>Runs the preflight of every running domain, outdated or not (<c>Manager.AssessAll</c>); returns at once.</summary>
    Task AssessAllAsync(CancellationToken cancellationToken);

    /// <summary>Takes an approval back, or cancels a handover that has not paused its guest yet (<c>Domain.Cancel</c>).</summary>
    Task CancelAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>Puts a failed or blocked domain back to pending after a new preflight (<c>Domain.Retry</c>).</summary>
    Task RetryAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>Looks at all domains again (<c>Manager.Rescan</c>).</summary>
    Task RescanAsync(CancellationToken cancellationToken);

    /// <summary>One handover now, outdated or not (<c>Manager.Run</c>); returns when it has ended.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="rehearse">Stop after the twin check.</param>
    /// <param name="maxPause">How long the guest may stand still in it; null: as its policy says.</param>
    /// <param name="cancellationToken">Stops waiting; the handover itself goes on.</param>
    /// <returns>The result.</returns>
    Task<HandoverReport> RunAsync(Guid domain, bool rehearse, TimeSpan? maxPause, CancellationToken cancellationToken);

    /// <summary>Past handovers, newest first (<c>Manager.History</c>).</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The reports.</returns>
    Task<IReadOnlyList<HandoverReport>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken);
}
