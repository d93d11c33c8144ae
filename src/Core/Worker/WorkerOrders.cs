using System.Collections.Concurrent;
using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Logging;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>
/// The handovers that a front orders. The front has decided that they may be; this is what does not depend on its word: one outage of libvirt at a time,
/// no VM and no number twice, nothing before what an earlier worker left has ended, no real VM against the host's hold or its own "never", and none
/// before a canary of this worker's has gone from the same build to the same other one.
/// </summary>
/// <param name="parts">The real parts.</param>
/// <param name="describe">What a handover has to know of a VM, as this worker has seen it.</param>
internal sealed class WorkerOrders(QueueParts parts, Func<RunOrder, CancellationToken, Task<HandoverRequest>> describe) : IDisposable
{
    /// <summary>More than one outage has (<c>Together=</c>).</summary>
    private const int MostOrders = 64;

    /// <summary>How long an answer counts that the front has just had: it asks right before it orders.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>The same for a canary; an order follows its verdict at once.</summary>
    private static readonly TimeSpan FreshCanary = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _outage = new(1);
    private readonly SemaphoreSlim _holding = new(1);
    private readonly ConcurrentDictionary<long, UnderWay> _underWay = new();
    private readonly ConcurrentDictionary<(string? From, string? To), long> _cleared = new();
    private readonly Queue<long> _takenBackEarly = new();
    private (long At, string Answer)? _hold;

    /// <inheritdoc/>
    public void Dispose()
    {
        _outage.Dispose();
        _holding.Dispose();
    }

    /// <summary>Runs handovers to their end, whether or not anybody listens: an outage of libvirt is watched from here.</summary>
    /// <param name="orders">Which ones.</param>
    /// <param name="tell">Is given each reply.</param>
    /// <param name="stop">The front has gone; what has not begun does not begin.</param>
    /// <exception cref="WorkerException">They are none that the queue starts.</exception>
    internal async Task RunAsync(IReadOnlyList<RunOrder> orders, Action<WorkerReply> tell, CancellationToken stop)
    {
        if (orders.Count is 0 or > MostOrders || orders.Any(order => order is null || !order.IsSound())
            || orders.DistinctBy(order => order.Id).Count() != orders.Count || orders.DistinctBy(order => order.Domain).Count() != orders.Count)
        {
            throw new WorkerException("These handovers are none that the queue starts; they are refused.");
        }

        var taken = new Dictionary<long, UnderWay>();
        try
        {
            foreach (var order in orders)
                taken.Add(order.Id, Take(order));
            // Now, and not before: a front that has followed this one asks what became of it, and either finds it here or has had it stopped.
            stop.ThrowIfCancellationRequested();
            using var wanted = CancellationTokenSource.CreateLinkedTokenSource(stop);
            using var watch = WhenAllAreTakenBack(taken.Values, wanted);
            void Tell(HandoverNews news)
            {
                if (news.Progress is HandoverProgress.Alarm alarm && taken.GetValueOrDefault(news.Id) is { } one)
                    one.Alarm(alarm.Sentence);
                tell(new WorkerReply.News(news));
            }

            var isMine = false;
            try
            {
                List<HandoverRequest>? requests;
                try
                {
                    await _outage.WaitAsync(wanted.Token).ConfigureAwait(false);
                    isMine = true;
                    requests = await PrepareAsync(orders, Tell, wanted.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested)
                {
                    foreach (var order in orders)
                        Tell(NotBegun(NotDescribed(order), HandoverOutcome.Cancelled, "It was cancelled."));
                    return;
                }

                if (requests is not null)
                    await CarryOutAsync(requests, taken, Tell).ConfigureAwait(false);
            }
            finally
            {
                if (isMine)
                    _outage.Release();
            }
        }
        finally
        {
            foreach (var (id, one) in taken)
            {
                _underWay.TryRemove(id, out _);
                one.Dispose();
            }
        }
    }

    /// <summary>Takes one handover back, as long as its guest is not paused.</summary>
    /// <param name="id">Its number.</param>
    internal void Cancel(long id)
    {
        UnderWay? one;
        lock (_underWay)
        {
            if (!_underWay.TryGetValue(id, out one))
            {
                // Its order may be on the way: two calls of one front are answered side by side.
                _takenBackEarly.Enqueue(id);
                if (_takenBackEarly.Count > MostOrders)
                    _ = _takenBackEarly.Dequeue();
            }
        }

        one?.TakeBack();
    }

    /// <summary>Forgets what was taken back before its order had come: the order would have come over the same connection.</summary>
    internal void ForgetTakenBack()
    {
        lock (_underWay)
        {
            _takenBackEarly.Clear();
        }
    }

    /// <summary>Tells what became of a handover, once it has ended.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="tell">Is given each reply.</param>
    /// <param name="stop">The front has gone.</param>
    internal async Task RecoverAsync(long id, Guid domain, Action<WorkerReply> tell, CancellationToken stop)
    {
        // One that was ordered and has not begun has no journal yet: its end is awaited, not guessed.
        if (_underWay.TryGetValue(id, out var one))
        {
            void Pass(string sentence) => tell(Alarmed(sentence));
            one.Alarmed += Pass;
            try
            {
                await one.Ended.WaitAsync(stop).ConfigureAwait(false);
            }
            finally
            {
                one.Alarmed -= Pass;
            }
        }

        var report = await parts.Recovery.RecoverAsync(id, domain, new AlarmSink(sentence => tell(Alarmed(sentence))), stop).ConfigureAwait(false);
        tell(new WorkerReply.Recovered(report));
    }

    /// <summary>Sends a canary before a handover.</summary>
    /// <param name="order">The handover.</param>
    /// <param name="tell">Is given each reply.</param>
    /// <param name="stop">Nobody waits for it any more.</param>
    /// <exception cref="WorkerException">It is none that the queue starts.</exception>
    internal Task SendCanaryAsync(RunOrder order, Action<WorkerReply> tell, CancellationToken stop)
    {
        if (!order.IsSound())
            throw new WorkerException("This handover is none that the queue starts; no canary is sent for it.");
        return OneByOne(
            _outage,
            async () =>
            {
                var alarm = new AlarmSink(sentence => tell(Alarmed(sentence)));
                await EndEarlierAsync(alarm, stop).ConfigureAwait(false);
                var request = await describe(order, stop).ConfigureAwait(false);
                tell(new WorkerReply.Verdict(await SendCanaryAsync(request, alarm, stop).ConfigureAwait(false)));
            },
            stop);
    }

    /// <summary>Ends a canary that was left running.</summary>
    /// <param name="stop">Nobody waits for it any more.</param>
    internal Task ClearCanaryAsync(CancellationToken stop) => OneByOne(_outage, () => parts.Canary?.ClearAsync(stop) ?? Task.CompletedTask, stop);

    /// <summary>Asks whether the fleet is held; one at a time, because it may be a command that takes long.</summary>
    /// <param name="isFresh">Whether the answer of a moment ago does.</param>
    /// <param name="stop">Nobody waits for it any more.</param>
    /// <returns>Why nothing may start; empty when it may.</returns>
    internal async Task<string> AskHoldAsync(bool isFresh, CancellationToken stop)
    {
        var answer = "";
        await OneByOne(
            _holding,
            async () =>
            {
                if (!isFresh || _hold is not { } last || parts.Time.GetElapsedTime(last.At) > Fresh)
                    _hold = last = (parts.Time.GetTimestamp(), await parts.Hold.AskAsync(stop).ConfigureAwait(false));
                answer = last.Answer;
            },
            stop).ConfigureAwait(false);
        return answer;
    }

    /// <summary>Refuses to change a VM's definition while it is handed over.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <exception cref="QueueException">It is.</exception>
    internal void DemandAtRest(Guid domain)
    {
        if (_underWay.Values.Any(one => one.Domain == domain))
            throw new QueueException(QueueFault.WrongState, $"A handover of the VM {domain} is running; its definition can be changed when it has ended.");
    }

    /// <summary>Does something when nobody else does.</summary>
    internal static async Task OneByOne(SemaphoreSlim gate, Func<Task> action, CancellationToken stop)
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

    private static WorkerReply.Alarmed Alarmed(string sentence) => new(ForeignText.Sentence(sentence));

    private HandoverRequest NotDescribed(RunOrder order) => new(order.Id, order.Domain, order.Rehearse, parts.Options.CopyLimit);

    /// <summary>Cancels when each of some handovers has been taken back; one of them alone is its keeper's matter.</summary>
    private static Registrations WhenAllAreTakenBack(IEnumerable<UnderWay> taken, CancellationTokenSource wanted)
    {
        UnderWay[] all = [.. taken];
        return new Registrations([.. all.Select(one => one.Cancel.Register(() =>
        {
            if (all.All(other => other.Cancel.IsCancellationRequested))
                wanted.Cancel();
        }))]);
    }

    private UnderWay Take(RunOrder order)
    {
        var one = new UnderWay(order.Domain);
        lock (_underWay)
        {
            if (!_underWay.Values.Any(other => other.Domain == order.Domain) && _underWay.TryAdd(order.Id, one))
            {
                if (_takenBackEarly.Contains(order.Id))
                    one.TakeBack();
                return one;
            }
        }

        one.Dispose();
        throw new WorkerException($"Handover {order.Id}, or another one of its VM, is under way already; it is not started a second time.");
    }

    /// <returns>What is handed over now; null when nothing is, which has been told.</returns>
    /// <exception cref="OperationCanceledException">Nothing has begun.</exception>
    private async Task<List<HandoverRequest>?> PrepareAsync(IReadOnlyList<RunOrder> orders, Action<HandoverNews> tell, CancellationToken stop)
    {
        var requests = new List<HandoverRequest>();
        try
        {
            await EndEarlierAsync(new AlarmSink(sentence => tell(new HandoverNews(orders[0].Id, new HandoverProgress.Alarm(sentence)))), stop).ConfigureAwait(false);
            foreach (var order in orders)
                requests.Add(await describe(order, stop).ConfigureAwait(false));
            var real = requests.Where(request => !request.Rehearse).ToList();
            if (await ObstacleAsync(real, tell, stop).ConfigureAwait(false) is { } obstacle)
            {
                foreach (var request in requests)
                    tell(NotBegun(request, obstacle.Outcome, obstacle.Sentence));
                return null;
            }
        }
        catch (Exception e) when (e is LibvirtException or LinuxException)
        {
            // libvirt comes back; a disk that cannot be read needs somebody.
            var outcome = e is LibvirtException ? HandoverOutcome.Postponed : HandoverOutcome.Undone;
            foreach (var order in orders)
                tell(NotBegun(NotDescribed(order), outcome, e.Message));
            return null;
        }

        // A canary that was given up, with its front or because all was taken back, says nothing.
        stop.ThrowIfCancellationRequested();
        return requests;
    }

    private async Task CarryOutAsync(List<HandoverRequest> requests, Dictionary<long, UnderWay> taken, Action<HandoverNews> tell)
    {
        foreach (var request in requests)
        {
            parts.Log.ForContext(new About(MessageKind.HandoverCarriedOut) { Domain = request.Name, Uuid = request.Domain })
                .Information("The front starts handover {Id} of {Vm}{Rehearse}.", request.Id, request.Subject, request.Rehearse ? " as a rehearsal" : "");
        }

        await foreach (var news in parts.Runner.RunAsync([.. requests.Select(request => new HandoverOrder(request, taken[request.Id].Cancel))]).ConfigureAwait(false))
            tell(news);
    }

    /// <summary>What an earlier worker was killed over: its keepers live on, and two that do not know each other must not meet.</summary>
    private async Task EndEarlierAsync(IProgress<string> alarm, CancellationToken stop)
    {
        foreach (var id in await parts.Recovery.UnfinishedAsync(stop).ConfigureAwait(false))
            await parts.Recovery.RecoverAsync(id, Guid.Empty, alarm, stop).ConfigureAwait(false);
    }

    /// <returns>Why none of these VMs is touched now; null when nothing is in the way.</returns>
    private async Task<(HandoverOutcome Outcome, string Sentence)?> ObstacleAsync(
        List<HandoverRequest> real, Action<HandoverNews> tell, CancellationToken stop)
    {
        if (real.Count == 0)
            return null;
        if (await AskHoldAsync(isFresh: true, stop).ConfigureAwait(false) is { Length: > 0 } held)
            return (HandoverOutcome.Postponed, held);
        foreach (var request in real)
        {
            // Less strict than this no administrator can have made it without writing it there.
            try
            {
                var policy = EffectivePolicy.Of(
                    parts.Options.Policy, await parts.Definitions.ReadPolicyAsync(request.Domain, stop).ConfigureAwait(false), granted: null);
                if (policy.Mode == PolicyMode.Never)
                    return (HandoverOutcome.Postponed, $"The policy of {request.Subject} is \"never\".");
            }
            catch (LibvirtException e) when (e.Code == LibvirtException.NoDomain)
            {
                // It has ended meanwhile: its keeper says so, and the others of its group go on.
            }
        }

        foreach (var request in real.DistinctBy(Builds))
        {
            if (parts.Canary is null || (_cleared.TryGetValue(Builds(request), out var at) && parts.Time.GetElapsedTime(at) < FreshCanary))
                continue;
            var alarm = new AlarmSink(sentence => tell(new HandoverNews(request.Id, new HandoverProgress.Alarm(sentence))));
            switch (await SendCanaryAsync(request, alarm, stop).ConfigureAwait(false))
            {
                case CanaryVerdict.Died died:
                    return (HandoverOutcome.Undone, died.Sentence);
                case CanaryVerdict.Postponed postponed:
                    return (HandoverOutcome.Postponed, postponed.Sentence);
            }
        }

        return null;
    }

    private async Task<CanaryVerdict> SendCanaryAsync(HandoverRequest request, IProgress<string> alarm, CancellationToken stop)
    {
        if (parts.Canary is not { } canary)
            return new CanaryVerdict.NotSent("The worker's configuration has none.");
        var verdict = await canary.SendAsync(request, alarm, stop).ConfigureAwait(false);
        if (verdict is CanaryVerdict.Passed or CanaryVerdict.NotSent && !stop.IsCancellationRequested)
            _cleared[Builds(request)] = parts.Time.GetTimestamp();
        else
            _cleared.TryRemove(Builds(request), out _);
        return verdict;
    }

    private static (string? From, string? To) Builds(HandoverRequest request) => (request.From?.BuildId, request.To?.BuildId);

    private HandoverNews NotBegun(HandoverRequest request, HandoverOutcome outcome, string why) => new(
        request.Id,
        new HandoverProgress.Ended(new HandoverReport
        {
            Id = request.Id,
            Domain = request.Domain,
            Name = request.Name,
            Outcome = outcome,
            Sentence = $"The handover of {ForeignText.Escape(request.Subject)} was not begun; it runs on the old QEMU, untouched. {why}",
            StartedAt = parts.Time.GetUtcNow(),
        }));

    private sealed class Registrations(CancellationTokenRegistration[] all) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in all)
                one.Dispose();
        }
    }
}
