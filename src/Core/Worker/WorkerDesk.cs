using System.Collections.Concurrent;
using System.Threading.Channels;
using VirtHandover.Canary;
using VirtHandover.Detection;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>
/// Does what the front asks for, with the real parts. Whoever asks may be an attacker who has taken the front over: each request is checked here, and
/// what a handover needs to know beside the VM comes from what this process has seen and read itself.
/// </summary>
public sealed class WorkerDesk : IDisposable
{
    /// <summary>More than one outage has (<c>Together=</c>).</summary>
    private const int MostOrders = 64;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly QueueParts _parts;
    private readonly Action _scanned;
    private readonly Movement _movement;
    private readonly SemaphoreSlim _scanning = new(1);
    private readonly SemaphoreSlim _canary = new(1);
    private readonly SemaphoreSlim _telling = new(1);
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _running = new();
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
    }

    private event Action? Changed;

    /// <summary>True while no VM is touched.</summary>
    public bool IsAtRest => Volatile.Read(ref _moving) == 0;

    /// <summary>Whether scans come to their ends, for the watchdog.</summary>
    /// <returns>False when one hangs.</returns>
    public bool MovesOn() => _movement.MovesOn(_parts.Detector.Looks);

    /// <summary>Tells whoever listens that domains have started or ended.</summary>
    public void DomainsChanged() => Changed?.Invoke();

    /// <inheritdoc/>
    public void Dispose()
    {
        _scanning.Dispose();
        _canary.Dispose();
        _telling.Dispose();
    }

    /// <summary>Answers one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tell">Is given each reply but the last.</param>
    /// <param name="stop">Nobody waits for it any more. Handovers go on.</param>
    /// <exception cref="WorkerException">The request is none that is answered.</exception>
    internal Task AnswerAsync(WorkerRequest request, Action<WorkerReply> tell, CancellationToken stop) => request switch
    {
        WorkerRequest.Scan => ScanAsync(tell, stop),
        WorkerRequest.Assess assess => AssessAsync(assess.Domain, tell, stop),
        WorkerRequest.Run run => Moving(() => RunAsync(run.Orders, tell, stop)),
        WorkerRequest.Cancel cancel => CancelAsync(cancel.Id),
        WorkerRequest.Unfinished => Told(_parts.Recovery.UnfinishedAsync(stop), ids => new WorkerReply.Numbers(ids), tell),
        WorkerRequest.Recover { Id: >= 0 } recover => Moving(() => Told(
            _parts.Recovery.RecoverAsync(recover.Id, recover.Domain, Alarms(tell), stop), report => new WorkerReply.Recovered(report), tell)),
        WorkerRequest.SendCanary send => Moving(() => OneByOne(_canary, () => SendCanaryAsync(send.Order, tell, stop), stop)),
        WorkerRequest.ClearCanary => Moving(() => OneByOne(_canary, () => _parts.Canary?.ClearAsync(stop) ?? Task.CompletedTask, stop)),
        WorkerRequest.IsInstalling => Told(_parts.Transaction.IsRunningAsync(stop), yes => new WorkerReply.Answer(yes), tell),
        WorkerRequest.ReadPolicy read => Told(_parts.Definitions.ReadPolicyAsync(read.Domain, stop), PolicyOf, tell),
        WorkerRequest.WritePolicy write => _parts.Definitions.WritePolicyAsync(write.Domain, Sound(PolicyXml.Read(write.Element)), stop),
        WorkerRequest.Prepare { Name.Length: <= ForeignBounds.NameChars } prepare => Told(
            _parts.Definitions.PrepareAsync(prepare.Domain, prepare.Name, stop), text => new WorkerReply.Sentence(text), tell),
        WorkerRequest.AskHold => Told(_parts.Hold.AskAsync(stop), text => new WorkerReply.Sentence(text), tell),
        WorkerRequest.Tell { Notice.IsSound: true } one => OneByOne(_telling, () => _parts.Notices?.TellAsync(one.Notice, stop) ?? Task.CompletedTask, stop),
        WorkerRequest.Watch => WatchAsync(tell, stop),
        _ => throw new WorkerException($"The request {request.GetType().Name} is none that the queue makes; it is refused."),
    };

    private static AlarmSink Alarms(Action<WorkerReply> tell) => new(sentence => tell(new WorkerReply.Alarmed(ForeignText.Sentence(sentence))));

    private static async Task Told<T>(Task<T> asked, Func<T, WorkerReply> reply, Action<WorkerReply> tell) => tell(reply(await asked.ConfigureAwait(false)));

    private static async Task OneByOne(SemaphoreSlim gate, Func<Task> action, CancellationToken stop)
    {
        await gate.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            await action().ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

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

    private Task ScanAsync(Action<WorkerReply> tell, CancellationToken stop) => OneByOne(
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

    private async Task RunAsync(IReadOnlyList<RunOrder> orders, Action<WorkerReply> tell, CancellationToken stop)
    {
        if (orders.Count is 0 or > MostOrders || orders.Any(order => order is null || !order.IsSound())
            || orders.DistinctBy(order => order.Id).Count() != orders.Count || orders.DistinctBy(order => order.Domain).Count() != orders.Count)
        {
            throw new WorkerException("These handovers are none that the queue starts; they are refused.");
        }

        var taken = new List<HandoverOrder>();
        try
        {
            foreach (var order in orders)
            {
                var cancel = new CancellationTokenSource();
                if (!_running.TryAdd(order.Id, cancel))
                {
                    cancel.Dispose();
                    throw new WorkerException($"Handover {order.Id} is under way already; it is not started a second time.");
                }

                taken.Add(new HandoverOrder(await RequestAsync(order, stop).ConfigureAwait(false), cancel.Token));
            }

            // To their end, whether or not anybody listens: an outage of libvirt is watched from here.
            await foreach (var news in _parts.Runner.RunAsync(taken).ConfigureAwait(false))
                tell(new WorkerReply.News(news));
        }
        finally
        {
            foreach (var one in taken)
            {
                if (_running.TryRemove(one.Request.Id, out var cancel))
                    cancel.Dispose();
            }
        }
    }

    private Task CancelAsync(long id)
    {
        try
        {
            return _running.GetValueOrDefault(id)?.CancelAsync() ?? Task.CompletedTask;
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
            return Task.CompletedTask;
        }
    }

    private async Task SendCanaryAsync(RunOrder order, Action<WorkerReply> tell, CancellationToken stop)
    {
        if (!order.IsSound())
            throw new WorkerException("This handover is none that the queue starts; no canary is sent for it.");
        var verdict = _parts.Canary is { } canary
            ? await canary.SendAsync(await RequestAsync(order, stop).ConfigureAwait(false), Alarms(tell), stop).ConfigureAwait(false)
            : new CanaryVerdict.NotSent("The worker's configuration has none.");
        tell(new WorkerReply.Verdict(verdict));
    }

    private async Task<HandoverRequest> RequestAsync(RunOrder order, CancellationToken stop)
    {
        // This worker may have been started since the front looked.
        if (!_seen.ContainsKey(order.Domain))
            await OneByOne(_scanning, () => LookAsync(stop), stop).ConfigureAwait(false);
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
