using Microsoft.Extensions.Logging;
using VirtHandover.Bus.Client;
using VirtHandover.Handover;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Bus.Server;

/// <summary>Passes what callers ask for on to the queue, and leaves in the log who asked for what.</summary>
/// <param name="queue">The queue.</param>
/// <param name="scanner">Looks at the domains.</param>
/// <param name="log">The service's log.</param>
public sealed class QueueRequests(UpgradeQueue queue, Scanner scanner, ILogger log) : IHandoverRequests
{
    /// <inheritdoc/>
    public Task NotifyUpdateAsync(string source, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(paths);
        log.LogInformation("{Source} reports that {Count} files were replaced.", source, paths.Count);
        scanner.Hint();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task RescanAsync(CancellationToken cancellationToken)
    {
        scanner.Ask();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<long> RunAsync(Guid domain, bool rehearse, BusCaller caller, CancellationToken cancellationToken) => Translated(() =>
    {
        var id = queue.Run(domain, rehearse, NameOf(caller));
        log.LogInformation("{By} asked for {What} {Id} of domain {Domain}.", NameOf(caller), rehearse ? "rehearsal" : "handover", id, domain);
        return id;
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<HandoverReport>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken) =>
        Translated(() => queue.History(query));

    /// <inheritdoc/>
    public Task PauseQueueAsync(string reason, BusCaller caller, CancellationToken cancellationToken) => Translated(() =>
    {
        queue.Pause(reason, NameOf(caller));
        log.LogInformation("{By} paused the queue: {Reason}", NameOf(caller), reason);
        return true;
    });

    /// <inheritdoc/>
    public Task ResumeQueueAsync(BusCaller caller, CancellationToken cancellationToken) => Translated(() =>
    {
        queue.Resume();
        log.LogInformation("{By} resumed the queue.", NameOf(caller));
        return true;
    });

    /// <inheritdoc/>
    public Task AssessAllAsync(BusCaller caller, CancellationToken cancellationToken)
    {
        log.LogInformation("{By} asked for a preflight of every VM.", NameOf(caller));
        scanner.AskAll();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ApproveAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ActAsync(domain, caller, "approved", by => queue.Approve(domain, by));

    /// <inheritdoc/>
    public Task DeferAsync(Guid domain, DateTimeOffset until, string reason, BusCaller caller, CancellationToken cancellationToken) =>
        ActAsync(domain, caller, $"deferred until {until:u}", by => queue.Defer(domain, until, by, reason));

    /// <inheritdoc/>
    public Task UndeferAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ActAsync(domain, caller, "ended the deferral of", _ => queue.Undefer(domain));

    /// <inheritdoc/>
    public Task SetPolicyAsync(Guid domain, PolicyChange change, BusCaller caller, CancellationToken cancellationToken) =>
        throw new ServiceException(ServiceFault.Failed, "This virt-handoverd does not keep policies yet.");

    /// <inheritdoc/>
    public Task<string> PrepareAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        throw new ServiceException(ServiceFault.Failed, "This virt-handoverd does not prepare domains yet.");

    /// <inheritdoc/>
    public Task CancelAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ActAsync(domain, caller, "cancelled", by => queue.Cancel(domain, by));

    /// <inheritdoc/>
    public Task RetryAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ActAsync(domain, caller, "retried", _ => queue.Retry(domain));

    private Task<bool> ActAsync(Guid domain, BusCaller caller, string what, Action<string> action) => Translated(() =>
    {
        action(NameOf(caller));
        log.LogInformation("{By} {What} domain {Domain}.", NameOf(caller), what, domain);
        return true;
    });

    private static Task<T> Translated<T>(Func<T> action)
    {
        try
        {
            return Task.FromResult(action());
        }
        catch (QueueException e)
        {
            var fault = e.Fault switch
            {
                QueueFault.UnknownDomain => ServiceFault.UnknownDomain,
                QueueFault.WrongState => ServiceFault.WrongState,
                _ => ServiceFault.Failed,
            };
            return Task.FromException<T>(new ServiceException(fault, e.Message));
        }
        catch (StoreException e)
        {
            return Task.FromException<T>(new ServiceException(ServiceFault.Failed, e.Message));
        }
    }

    private static string NameOf(BusCaller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.UserId == 0 ? "root (uid 0)" : FormattableString.Invariant($"uid {caller.UserId}");
    }
}
