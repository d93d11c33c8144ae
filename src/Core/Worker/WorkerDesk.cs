using System.Threading.Channels;
using VirtHandover.Detection;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Logging;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>
/// Does what the front asks for, with the real parts. Whoever asks may be an attacker who has taken the front over: each request is checked here, and
/// what a handover needs to know beside the VM comes from what this process has seen and read itself.
/// </summary>
public sealed class WorkerDesk : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly QueueParts _parts;
    private readonly Action _scanned;
    private readonly Movement _movement;
    private readonly SemaphoreSlim _scanning = new(1);
    private readonly SemaphoreSlim _telling = new(1);
    private readonly KeyedGate<Guid> _assessing = new();
    private readonly WorkerOrders _orders;
    private volatile Dictionary<Guid, DetectedDomain> _seen = [];
    private int _moving;

    /// <summary>Creates the desk.</summary>
    /// <param name="parts">The real parts.</param>
    /// <param name="scanned">Called after each scan.</param>
    public WorkerDesk(QueueParts parts, Action scanned)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _parts = parts;
        _scanned = scanned;
        _movement = new Movement(parts.Time);
        _orders = new WorkerOrders(parts, RequestAsync);
    }

    private event Action? Changed;

    /// <summary>True while no VM is touched.</summary>
    public bool IsAtRest => Volatile.Read(ref _moving) == 0;

    /// <summary>Whether scans come to their ends, for the watchdog.</summary>
    /// <returns>False when one hangs.</returns>
    public bool MovesOn() => _movement.MovesOn(_parts.Detector.Looks);

    /// <summary>Tells whoever listens that domains have started or ended.</summary>
    public void DomainsChanged() => Changed?.Invoke();

    /// <summary>A front follows the one before it, perhaps with a queue whose numbers begin anew.</summary>
    internal void FrontFollows() => _orders.ForgetTakenBack();

    /// <inheritdoc/>
    public void Dispose()
    {
        _scanning.Dispose();
        _telling.Dispose();
        _orders.Dispose();
    }

    /// <summary>Answers one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tell">Is given each reply but the last.</param>
    /// <param name="stop">Nobody waits for it any more. Handovers go on.</param>
    /// <exception cref="WorkerException">The request is none that is answered.</exception>
    internal Task AnswerAsync(WorkerRequest request, Action<WorkerReply> tell, CancellationToken stop) => request switch
    {
        WorkerRequest.Scan => ScanAsync(tell, stop),
        WorkerRequest.Assess assess => _assessing.PassAsync(assess.Domain, () => AssessAsync(assess.Domain, tell, stop), stop),
        WorkerRequest.Run run => Moving(() => _orders.RunAsync(run.Orders, tell, stop)),
        WorkerRequest.Cancel cancel => Cancel(cancel.Id),
        WorkerRequest.Unfinished => Told(_parts.Recovery.UnfinishedAsync(stop), ids => new WorkerReply.Numbers(ids), tell),
        WorkerRequest.Recover { Id: >= 0 } recover => Moving(() => _orders.RecoverAsync(recover.Id, recover.Domain, tell, stop)),
        WorkerRequest.SendCanary send => Moving(() => _orders.SendCanaryAsync(send.Order, tell, stop)),
        WorkerRequest.ClearCanary => Moving(() => _orders.ClearCanaryAsync(stop)),
        WorkerRequest.IsInstalling => Told(_parts.Transaction.IsRunningAsync(stop), yes => new WorkerReply.Answer(yes), tell),
        WorkerRequest.ReadPolicy read => Told(_parts.Definitions.ReadPolicyAsync(read.Domain, stop), PolicyOf, tell),
        WorkerRequest.WritePolicy write => WritePolicyAsync(write.Domain, Sound(PolicyXml.Read(write.Element)), stop),
        WorkerRequest.Prepare { Name.Length: <= ForeignBounds.NameChars } prepare => PrepareAsync(prepare.Domain, prepare.Name, tell, stop),
        WorkerRequest.AskHold => Told(_orders.AskHoldAsync(isFresh: false, stop), text => new WorkerReply.Sentence(text), tell),
        WorkerRequest.Tell { Notice.IsSound: true } one => WorkerOrders.OneByOne(
            _telling, () => _parts.Notices?.TellAsync(one.Notice, stop) ?? Task.CompletedTask, stop),
        WorkerRequest.Watch => WatchAsync(tell, stop),
        _ => throw new WorkerException($"The request {request.GetType().Name} is none that the queue makes; it is refused."),
    };

    private static async Task Told<T>(Task<T> asked, Func<T, WorkerReply> reply, Action<WorkerReply> tell) => tell(reply(await asked.ConfigureAwait(false)));

    private async Task Moving(Func<Task> action)
    {
        Interlocked.Increment(ref _moving);
        try
        {
            await action().ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _moving);
        }
    }

    private Task ScanAsync(Action<WorkerReply> tell, CancellationToken stop) => WorkerOrders.OneByOne(
        _scanning,
        async () =>
        {
            await using var looking = _parts.Time.CreateTimer(_ => tell(new WorkerReply.Looked(_parts.Detector.Looks)), null, LookInterval, LookInterval);
            foreach (var domain in await LookAsync(stop).ConfigureAwait(false))
                tell(new WorkerReply.Seen(domain, _parts.Identify(domain.ProcessId)));
        },
        stop);

    private async Task<IReadOnlyList<DetectedDomain>> LookAsync(CancellationToken stop)
    {
        _movement.Begin();
        try
        {
            var domains = await _parts.Detector.ScanAsync(stop).ConfigureAwait(false);
            _seen = domains.GroupBy(domain => domain.Uuid).ToDictionary(one => one.Key, one => one.First());
            var running = domains.Select(domain => domain.Running).Distinct().ToList();
            // What runs on the installed QEMU today will run on one that is gone after the next upgrade.
            var current = domains.Where(domain => domain.Installed?.BuildId == domain.Running.BuildId).Select(domain => domain.Running).Distinct();
            _parts.Canary?.Keep([.. current], running);
            _scanned();
            return domains;
        }
        finally
        {
            _movement.End();
        }
    }

    private async Task AssessAsync(Guid domain, Action<WorkerReply> tell, CancellationToken stop)
    {
        // In a thread of its own: what it reads of a process may hang in the kernel.
        var assessing = Task.Factory.StartNew(
            () => _parts.Runner.AssessAsync(domain, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        tell(new WorkerReply.Assessed(await assessing.ConfigureAwait(false)));
    }

    private Task Cancel(long id)
    {
        _orders.Cancel(id);
        return Task.CompletedTask;
    }

    // Who approved what is the front's word; that it was done stands in a log that the front cannot write.
    private Task WritePolicyAsync(Guid domain, DomainPolicy policy, CancellationToken stop)
    {
        _orders.DemandAtRest(domain);
        _parts.Log.ForContext(new About(MessageKind.VmDecision)).Information(
            "The front sets the policy of the VM {Uuid}: {Policy}", domain, policy.IsEmpty ? "none of its own" : PolicyXml.Write(policy));
        return _parts.Definitions.WritePolicyAsync(domain, policy, stop);
    }

    private Task PrepareAsync(Guid domain, string name, Action<WorkerReply> tell, CancellationToken stop)
    {
        _orders.DemandAtRest(domain);
        _parts.Log.ForContext(new About(MessageKind.VmDecision)).Information("The front gives the VM {Uuid} shared memory from its next start on.", domain);
        return Told(_parts.Definitions.PrepareAsync(domain, name, stop), text => new WorkerReply.Sentence(text), tell);
    }

    private async Task<HandoverRequest> RequestAsync(RunOrder order, CancellationToken stop)
    {
        // This worker may have been started since the front looked.
        if (!_seen.ContainsKey(order.Domain))
            await WorkerOrders.OneByOne(_scanning, () => LookAsync(stop), stop).ConfigureAwait(false);
        var seen = _seen.GetValueOrDefault(order.Domain);
        return new HandoverRequest(order.Id, order.Domain, order.Rehearse, _parts.Options.CopyLimit)
        {
            Name = seen?.Name ?? "",
            From = seen?.Running,
            To = seen?.Installed,
            MaxPause = order.MaxPause,
            MaxOutage = _parts.Options.MaxOutage,
        };
    }

    private async Task WatchAsync(Action<WorkerReply> tell, CancellationToken stop)
    {
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        void Note() => changes.Writer.TryWrite(true);
        Changed += Note;
        try
        {
            await foreach (var _ in changes.Reader.ReadAllAsync(stop).ConfigureAwait(false))
                tell(new WorkerReply.Changed());
        }
        finally
        {
            Changed -= Note;
        }
    }

    private static WorkerReply PolicyOf(DomainPolicy policy) =>
        new WorkerReply.Policy(policy.IsEmpty || policy.Problem.Length > 0 ? null : PolicyXml.Write(policy), ForeignText.Sentence(policy.Problem));

    private static DomainPolicy Sound(DomainPolicy policy) => policy.Problem.Length == 0
        ? policy
        : throw new WorkerException($"This policy is none that the queue writes; it is refused: {policy.Problem}");
}
