using VirtHandover.Canary;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Logging;

namespace VirtHandover.Queue;

/// <summary>Drives handovers that run together and tells the queue about them. Their end is confirmed by a look at the domains, not by the reports alone.</summary>
internal sealed class Executor(QueueParts parts, UpgradeQueue queue, Scanner scanner, HandoverAlarm alarm, Recoverer recoverer)
{
    private const int Looks = 10;
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Executes handovers that the queue has just started, all in one outage of libvirt.</summary>
    /// <param name="requests">The handovers; at least one.</param>
    /// <param name="stopping">The service ends: stop watching. The handovers themselves go on, the next service asks for their end.</param>
    public async Task ExecuteAsync(IReadOnlyList<HandoverRequest> requests, CancellationToken stopping)
    {
        var cancels = requests.ToDictionary(request => request.Id, _ => new CancellationTokenSource());
        using var cancelAll = new CancellationTokenSource();
        void OnCancel(long id)
        {
            cancels.GetValueOrDefault(id)?.Cancel();
            if (cancels.Values.All(cancel => cancel.IsCancellationRequested))
            {
                cancelAll.Cancel();
            }
        }

        queue.CancelRequested += OnCancel;
        try
        {
            // They go from one build to one other, so that one canary speaks for all of them.
            if (requests[0].Rehearse || await IsSafeAsync(requests, cancelAll.Token, stopping).ConfigureAwait(false))
            {
                await DriveAsync([.. requests.Select(request => new HandoverOrder(request, cancels[request.Id].Token))], stopping).ConfigureAwait(false);
            }
        }
        finally
        {
            queue.CancelRequested -= OnCancel;
            foreach (var cancel in cancels.Values)
            {
                cancel.Dispose();
            }
        }
    }

    /// <summary>Ends what an earlier service left: what it has recorded as started, and what the database knows nothing of.</summary>
    /// <param name="stopping">The service ends.</param>
    public async Task RecoverAsync(CancellationToken stopping)
    {
        foreach (var record in queue.Interrupted)
            await EndAsync([await recoverer.AfterRestartAsync(record, stopping).ConfigureAwait(false)], stopping).ConfigureAwait(false);
        await recoverer.EndForgottenAsync(stopping).ConfigureAwait(false);
    }

    /// <summary>Sends the canary first. When it dies, the queue pauses and the handovers count as not begun, so that their approvals hold.</summary>
    private async Task<bool> IsSafeAsync(IReadOnlyList<HandoverRequest> requests, CancellationToken cancel, CancellationToken stopping)
    {
        if (parts.Canary is not { } canary)
        {
            return true;
        }

        var log = parts.Log.ForContext(new About(MessageKind.Canary));
        queue.SetCanary(true);
        try
        {
            // Not cancelled when the service ends: the canary's keeper goes on, and the next service clears up behind it.
            var verdict = await canary.SendAsync(requests[0], alarm.Of(requests[0].Id), cancel).WaitAsync(stopping).ConfigureAwait(false);
            alarm.End();
            switch (verdict)
            {
                case CanaryVerdict.Passed { Sentence.Length: > 0 } passed:
                    log.Information("{Sentence}", passed.Sentence);
                    break;
                case CanaryVerdict.NotSent notSent when !cancel.IsCancellationRequested:
                    log.Warning("No canary went before handover {Id}: {Sentence}", requests[0].Id, notSent.Sentence);
                    break;
                case CanaryVerdict.Postponed postponed:
                    log.Warning("{Sentence}", postponed.Sentence);
                    // Nothing starts before a scan has shown that libvirt is there again.
                    queue.ScanFailed($"No canary could be tried to its end ({postponed.Sentence.TrimEnd('.')}); handovers go on when libvirt can be reached.");
                    scanner.Ask();
                    foreach (var request in requests)
                    {
                        queue.PutBack(RecordOf(request), new NotBegun.CanaryPostponed(postponed.Sentence));
                    }

                    return false;
                case CanaryVerdict.Died died:
                    log.Error("{Sentence}", died.Sentence);
                    foreach (var request in requests)
                    {
                        queue.PutBack(RecordOf(request), new NotBegun.CanaryDied(died.Sentence));
                    }

                    return false;
            }

            return true;
        }
        finally
        {
            queue.SetCanary(false);
        }
    }

    private async Task DriveAsync(IReadOnlyList<HandoverOrder> orders, CancellationToken stopping)
    {
        var domains = orders.ToDictionary(order => order.Request.Id, order => order.Request.Domain);
        var ends = new List<HandoverEnd>();
        var why = "it stopped reporting";
        var isAway = false;
        try
        {
            // Not disposed when the service ends: its disposal would wait for the handovers' next word.
            var stream = parts.Runner.RunAsync(orders).GetAsyncEnumerator(CancellationToken.None);
            while (await stream.MoveNextAsync().AsTask().WaitAsync(stopping).ConfigureAwait(false))
            {
                var (id, progress) = stream.Current;
                if (!domains.TryGetValue(id, out var domain))
                {
                    continue;
                }

                if (progress is HandoverProgress.Ended { Report: var report })
                {
                    ends.Add(new HandoverEnd.Ended(report with { Id = id, Domain = domain }));
                    _ = domains.Remove(id);
                }
                else if (progress is HandoverProgress.Alarm told)
                {
                    // It may be about another one of those that move together.
                    alarm.Raise(new About(MessageKind.Alarm) { Uuids = [.. domains.Values], Id = id }, told.Sentence);
                }
                else
                {
                    queue.Observe(id, domain, progress);
                }
            }

            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            parts.Log.ForContext(new About(MessageKind.OwnFault)).Error("Handover {Ids} broke off: {Error}", string.Join(", ", domains.Keys), e.ToString());
            why = e.Message.TrimEnd('.');
            isAway = e is WorkerException { IsAway: true };
        }

        foreach (var order in orders.Where(order => domains.ContainsKey(order.Request.Id)))
            ends.Add(await recoverer.AfterBreakAsync(RecordOf(order.Request), why, isAway, stopping).ConfigureAwait(false));
        await EndAsync(ends, stopping).ConfigureAwait(false);
    }

    private async Task EndAsync(IReadOnlyList<HandoverEnd> ends, CancellationToken stopping)
    {
        // What has not begun needs no look, which may take its time. One is taken all the same: where the worker has gone it leads to a scan.
        foreach (var back in ends.OfType<HandoverEnd.Back>())
            queue.PutBack(back.Record, back.Why);
        alarm.End();
        var domains = await LookAsync(stopping).ConfigureAwait(false);
        foreach (var one in ends.OfType<HandoverEnd.Ended>().Select(end => end.Report))
        {
            // A handover that broke off before Begin had read the name knows the UUID only.
            var report = one.Name.Length > 0 ? one : one with { Name = NameOf(one.Domain) };
            queue.End(report, domains?.FirstOrDefault(seen => seen.Domain.Uuid == report.Domain));
        }
    }

    /// <summary>libvirt has just been restarted and may need a moment.</summary>
    /// <returns>The domains that run; null when nobody could tell.</returns>
    private async Task<IReadOnlyList<ScannedDomain>?> LookAsync(CancellationToken stopping)
    {
        for (var look = 1; ; look++)
        {
            try
            {
                return await scanner.DetectAsync(stopping).ConfigureAwait(false);
            }
            catch (LibvirtException) when (look < Looks)
            {
                await Task.Delay(LookPause, parts.Time, stopping).ConfigureAwait(false);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                parts.Log.Warning("The result of a handover could not be confirmed ({Reason}); the next scan does it.", e.Message);
                scanner.Ask();
                return null;
            }
        }
    }

    private HandoverRecord RecordOf(HandoverRequest request) =>
        new(request.Id, request.Domain, NameOf(request.Domain), parts.Time.GetUtcNow(), Started: true);

    private string NameOf(Guid domain) => queue.Find(domain)?.Name ?? domain.ToString();
}
