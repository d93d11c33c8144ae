using Serilog;
using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Logging;

namespace VirtHandover.Queue;

/// <summary>Drives handovers that run together and tells the queue about them. Their end is confirmed by a look at the domains, not by the reports alone.</summary>
internal sealed class Executor(QueueParts parts, UpgradeQueue queue, Scanner scanner)
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

    /// <summary>Ends a handover that an earlier service started.</summary>
    /// <param name="record">The handover.</param>
    /// <param name="stopping">The service ends.</param>
    public async Task RecoverAsync(HandoverRecord record, CancellationToken stopping)
    {
        Log(MessageKind.HandoverRecovered, record).Warning(
            "Handover {Id} of {Domain} was running when virt-handoverd ended; its result is being recovered.", record.Id, record.Name);
        if (await AskRecoveryAsync(record, stopping).ConfigureAwait(false) is not { } report)
        {
            queue.NotBegun(record);
            return;
        }

        await EndAsync([report with { Id = record.Id, Domain = record.Domain }], stopping).ConfigureAwait(false);
    }

    /// <summary>Ends what the database knows nothing of, because it was lost or could not be written.</summary>
    /// <param name="stopping">The service ends.</param>
    public async Task RecoverForgottenAsync(CancellationToken stopping)
    {
        try
        {
            foreach (var id in await parts.Recovery.UnfinishedAsync(stopping).ConfigureAwait(false))
            {
                var report = await parts.Recovery.RecoverAsync(id, Guid.Empty, Alarms(id), stopping).ConfigureAwait(false);
                queue.SetAlarm(AlarmSource.Handover, null);
                parts.Log.ForContext(new About(MessageKind.HandoverRecovered) { Domain = report?.Name, Uuid = report?.Domain })
                    .Warning("Handover {Id}, of which the database knows nothing, ended: {Sentence}", id, report?.Sentence ?? "it never began.");
            }

            if (parts.Canary is { } canary)
            {
                await canary.ClearAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (LinuxException e)
        {
            // Nothing may start while nobody can tell what an earlier handover left.
            Alarm(
                new About(MessageKind.Alarm),
                $"The journals of earlier handovers cannot be used: {e.Message} No handover starts before virt-handoverd is started again and can.");
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping).ConfigureAwait(false);
        }
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
            var verdict = await canary.SendAsync(requests[0], Alarms(requests[0].Id), cancel).WaitAsync(stopping).ConfigureAwait(false);
            queue.SetAlarm(AlarmSource.Handover, null);
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
                        queue.CanaryPostponed(RecordOf(request), postponed.Sentence);
                    }

                    return false;
                case CanaryVerdict.Died died:
                    log.Error("{Sentence}", died.Sentence);
                    foreach (var request in requests)
                    {
                        queue.CanaryDied(RecordOf(request), died.Sentence);
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
        var ended = new List<HandoverReport>();
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
                    ended.Add(report with { Id = id, Domain = domain });
                    _ = domains.Remove(id);
                }
                else if (progress is HandoverProgress.Alarm alarm)
                {
                    // It may be about another one of those that move together.
                    Alarm(new About(MessageKind.Alarm) { Uuids = [.. domains.Values], Id = id }, alarm.Sentence);
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
        {
            var record = RecordOf(order.Request);
            var report = await AskRecoveryAsync(record, stopping).ConfigureAwait(false);
            if (report is null && isAway)
            {
                // It ended before it had begun: nobody has failed, and what was approved stays approved.
                queue.WorkerGone(record, $"{why}.");
                continue;
            }

            report ??= Reports.Lost(record, why);
            ended.Add(report with { Id = record.Id, Domain = record.Domain });
        }

        await EndAsync(ended, stopping).ConfigureAwait(false);
    }

    private async Task<HandoverReport?> AskRecoveryAsync(HandoverRecord record, CancellationToken stopping)
    {
        try
        {
            return await parts.Recovery.RecoverAsync(record.Id, record.Domain, Alarms(record), stopping).ConfigureAwait(false);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            Log(MessageKind.OwnFault, record).Error("The result of handover {Id} could not be recovered: {Error}", record.Id, e.ToString());
            return Reports.Lost(record, e.Message.TrimEnd('.'));
        }
    }

    private AlarmSink Alarms(HandoverRecord record) =>
        new(sentence => Alarm(new About(MessageKind.Alarm) { Domain = record.Name, Uuid = record.Domain, Id = record.Id }, sentence));

    private AlarmSink Alarms(long id) => new(sentence => Alarm(new About(MessageKind.Alarm) { Id = id }, sentence));

    private void Alarm(About what, string sentence)
    {
        parts.Log.ForContext(what).Error("{Alarm}", sentence);
        queue.SetAlarm(AlarmSource.Handover, sentence);
    }

    private async Task EndAsync(IReadOnlyList<HandoverReport> ended, CancellationToken stopping)
    {
        queue.SetAlarm(AlarmSource.Handover, null);
        var domains = await LookAsync(stopping).ConfigureAwait(false);
        foreach (var one in ended)
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

    private ILogger Log(MessageKind kind, HandoverRecord record) =>
        parts.Log.ForContext(new About(kind) { Domain = record.Name, Uuid = record.Domain, Id = record.Id });

    private HandoverRecord RecordOf(HandoverRequest request) =>
        new(request.Id, request.Domain, NameOf(request.Domain), parts.Time.GetUtcNow(), Started: true);

    private string NameOf(Guid domain) => queue.Find(domain)?.Name ?? domain.ToString();
}
