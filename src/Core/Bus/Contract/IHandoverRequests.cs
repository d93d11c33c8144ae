using VirtHandover.Contract;
using VirtHandover.Policy;

namespace VirtHandover.Bus.Contract;

/// <summary>
/// What callers on the bus can ask for; access is already checked and arguments are parsed. Every method returns when the request
/// is recorded, not when it is carried out, and runs on the thread pool. A <see cref="Client.ServiceException"/> reaches the caller
/// as the error of its kind.
/// </summary>
public interface IHandoverRequests
{
    /// <summary>A package manager has replaced files; answers well within the hook's 5 s.</summary>
    /// <param name="source">Who says so, for example <c>rpm</c>.</param>
    /// <param name="paths">Hints, not to be trusted.</param>
    /// <param name="cancellationToken">The service stops.</param>
    Task NotifyUpdateAsync(string source, IReadOnlyList<string> paths, CancellationToken cancellationToken);

    /// <summary>Looks at all domains again.</summary>
    Task RescanAsync(CancellationToken cancellationToken);

    /// <summary>One handover now, outdated or not.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="rehearse">Stop after the twin check.</param>
    /// <param name="maxPause">How long the guest may stand still in it; null: as its policy says.</param>
    /// <param name="caller">Who.</param>
    /// <param name="cancellationToken">The service stops.</param>
    /// <returns>Its number; the signal <c>HandoverEnded</c> tells its end.</returns>
    Task<long> RunAsync(Guid domain, bool rehearse, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Past handovers, newest first.</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellationToken">The service stops.</param>
    Task<IReadOnlyList<HandoverReport>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken);

    /// <summary>Starts no further handover by itself.</summary>
    Task PauseQueueAsync(string reason, BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Starts handovers again.</summary>
    Task ResumeQueueAsync(BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Runs the preflight of every running domain.</summary>
    Task AssessAllAsync(BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Approves a domain.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="maxPause">How long the guest may stand still in this handover; null: as its policy says.</param>
    /// <param name="caller">Who.</param>
    /// <param name="cancellationToken">The service stops.</param>
    Task ApproveAsync(Guid domain, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Defers a domain until a moment.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="until">When it is pending again.</param>
    /// <param name="reason">Why; may be empty.</param>
    /// <param name="caller">Who.</param>
    /// <param name="cancellationToken">The service stops.</param>
    Task DeferAsync(Guid domain, DateTimeOffset until, string reason, BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Ends a deferral before its time.</summary>
    Task UndeferAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Changes a domain's own policy.</summary>
    Task SetPolicyAsync(Guid domain, PolicyChange change, BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Gives a domain shared memory from its next start on.</summary>
    /// <returns>What was done and what is left to do, in a sentence.</returns>
    Task<string> PrepareAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Takes an approval back, or cancels a handover before its pause.</summary>
    Task CancelAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken);

    /// <summary>Puts a failed or blocked domain back.</summary>
    Task RetryAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken);
}
