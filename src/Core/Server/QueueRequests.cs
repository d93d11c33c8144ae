using Serilog;
using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Bus.Contract;
using VirtHandover.Contract;
using VirtHandover.Libvirt;
using VirtHandover.Logging;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Server;

/// <summary>Passes what callers ask for on to the queue, and leaves in the log who asked for what.</summary>
/// <param name="queue">The queue.</param>
/// <param name="scanner">Looks at the domains.</param>
/// <param name="definitions">What libvirt keeps of the domains.</param>
/// <param name="shown">Waits until what the queue is now can be read on the bus.</param>
/// <param name="log">The service's log.</param>
public sealed class QueueRequests(
    UpgradeQueue queue, Scanner scanner, IDomainDefinitions definitions, Func<CancellationToken, Task> shown, ILogger log) : IHandoverRequests, IDisposable
{
    private readonly SemaphoreSlim _defining = new(1);

    /// <inheritdoc/>
    public Task NotifyUpdateAsync(string source, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(paths);
        // What it comes to is told when the scan has seen it; a package manager reports many files of which no VM has any.
        log.Debug("{Source} reports that {Count} files were replaced.", source, paths.Count);
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
    public Task<long> RunAsync(Guid domain, bool rehearse, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken) => Shown(
        () =>
        {
            var id = queue.Run(domain, rehearse, NameOf(caller), maxPause);
            Log(MessageKind.HandoverAsked, domain, id).Information(
                "{By} asked for {What} {Id} of domain {Domain}.", NameOf(caller), rehearse ? "rehearsal" : "handover", id, NameOf(domain));
            return id;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<HandoverReport>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken) =>
        Translated(() => queue.History(query));

    /// <inheritdoc/>
    public Task PauseQueueAsync(string reason, BusCaller caller, CancellationToken cancellationToken) => Shown(
        () =>
        {
            queue.Pause(reason, NameOf(caller));
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task ResumeQueueAsync(BusCaller caller, CancellationToken cancellationToken) => Shown(
        () =>
        {
            queue.Resume();
            log.ForContext(new About(MessageKind.QueueResumed)).Information("{By} resumed the queue.", NameOf(caller));
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task AssessAllAsync(BusCaller caller, CancellationToken cancellationToken)
    {
        log.Information("{By} asked for a preflight of every VM.", NameOf(caller));
        scanner.AskAll();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ApproveAsync(Guid domain, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken) =>
        Shown(
            () =>
            {
                queue.Approve(domain, NameOf(caller), maxPause);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task DeferAsync(Guid domain, DateTimeOffset until, string reason, BusCaller caller, CancellationToken cancellationToken) =>
        ActAsync(domain, caller, $"deferred until {until:u}", by => queue.Defer(domain, until, by, reason), cancellationToken);

    /// <inheritdoc/>
    public Task UndeferAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ActAsync(domain, caller, "ended the deferral of", _ => queue.Undefer(domain), cancellationToken);

    /// <inheritdoc/>
    public async Task SetPolicyAsync(Guid domain, PolicyChange change, BusCaller caller, CancellationToken cancellationToken)
    {
        // One after the other: two changes of different parts must not overwrite each other.
        await _defining.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Translated(() => queue.NameToChange(domain)).ConfigureAwait(false);
            var policy = Changed(await Defined(() => definitions.ReadPolicyAsync(domain, cancellationToken)).ConfigureAwait(false), change);
            await Defined(async () =>
            {
                await definitions.WritePolicyAsync(domain, policy, cancellationToken).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
            await ActAsync(domain, caller, "changed the policy of", _ => queue.TakePolicy(domain, policy, change), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _defining.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<string> PrepareAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken)
    {
        await _defining.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var name = await Translated(() => queue.NameToChange(domain)).ConfigureAwait(false);
            var sentence = await Defined(() => definitions.PrepareAsync(domain, name, cancellationToken)).ConfigureAwait(false);
            Log(MessageKind.VmDecision, domain).Information("{By} prepared domain {Domain}: {Sentence}", NameOf(caller), name, sentence);
            return sentence;
        }
        finally
        {
            _defining.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _defining.Dispose();

    private static DomainPolicy Changed(DomainPolicy policy, PolicyChange change)
    {
        try
        {
            return policy.With(change);
        }
        catch (PolicyException e)
        {
            throw new ServiceException(ServiceFault.InvalidArgument, $"The policy was not changed: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public Task CancelAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ActAsync(domain, caller, "cancelled", by => queue.Cancel(domain, by), cancellationToken);

    /// <inheritdoc/>
    public Task RetryAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ActAsync(domain, caller, "retried", _ => queue.Retry(domain), cancellationToken);

    private Task<bool> ActAsync(Guid domain, BusCaller caller, string what, Action<string> action, CancellationToken cancellationToken) => Shown(
        () =>
        {
            action(NameOf(caller));
            Log(MessageKind.VmDecision, domain).Information("{By} {What} domain {Domain}.", NameOf(caller), what, NameOf(domain));
            return true;
        },
        cancellationToken);

    /// <summary>Changes the queue, and returns when the change can be read on the bus.</summary>
    private async Task<T> Shown<T>(Func<T> action, CancellationToken cancellationToken)
    {
        var result = await Translated(action).ConfigureAwait(false);
        await shown(cancellationToken).ConfigureAwait(false);
        return result;
    }

    private static Task<T> Translated<T>(Func<T> action)
    {
        try
        {
            return Task.FromResult(action());
        }
        catch (QueueException e)
        {
            return Task.FromException<T>(ToService(e));
        }
        catch (StoreException e)
        {
            return Task.FromException<T>(new ServiceException(ServiceFault.Failed, e.Message));
        }
    }

    /// <summary>Asks libvirt, or the worker that does.</summary>
    private static async Task<T> Defined<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (QueueException e)
        {
            throw ToService(e);
        }
        catch (LibvirtException e)
        {
            throw new ServiceException(ServiceFault.LibvirtUnavailable, e.Message);
        }
    }

    private static ServiceException ToService(QueueException e)
    {
        var fault = e.Fault switch
        {
            QueueFault.UnknownDomain => ServiceFault.UnknownDomain,
            QueueFault.WrongState => ServiceFault.WrongState,
            _ => ServiceFault.Failed,
        };
        return new ServiceException(fault, e.Message);
    }

    private ILogger Log(MessageKind kind, Guid domain, long? id = null) =>
        log.ForContext(new About(kind) { Domain = queue.Find(domain)?.Name, Uuid = domain, Id = id });

    private string NameOf(Guid domain) => queue.Find(domain)?.Name ?? domain.ToString();

    private static string NameOf(BusCaller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.ToString();
    }
}
