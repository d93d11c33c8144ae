using Microsoft.Extensions.Logging;
using VirtHandover.Canary;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Linux;

namespace VirtHandover.Queue;

/// <summary>Drives one handover and tells the queue about it. Its end is confirmed by a look at the domain, not by the report alone.</summary>
internal sealed class Executor(QueueParts parts, UpgradeQueue queue, Scanner scanner)
{
    private const int Looks = 10;
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Executes a handover that the queue has just started.</summary>
    /// <param name="request">The handover.</param>
    /// <param name="stopping">The service ends: stop watching. The handover itself goes on, the next service asks for its end.</param>
    public async Task ExecuteAsync(HandoverRequest request, CancellationToken stopping)
    {
        using var cancel = new CancellationTokenSource();
        void OnCancel(long id)
        {
            if (id == request.Id)
            {
                cancel.Cancel();
            }
        }

        queue.CancelRequested += OnCancel;
        try
        {
            parts.Log.LogInformation(
                "Handover {Id} of {Domain} starts{Rehearse}.", request.Id, NameOf(request.Domain), request.Rehearse ? " as a rehearsal" : "");
            if (!request.Rehearse && !await IsSafeAsync(request, cancel.Token, stopping).ConfigureAwait(false))
            {
                return;
            }

            var report = await DriveAsync(request, cancel.Token, stopping).ConfigureAwait(false);
            await EndAsync(report with { Id = request.Id, Domain = request.Domain }, stopping).ConfigureAwait(false);
        }
        finally
        {
            queue.CancelRequested -= OnCancel;
        }
    }

    /// <summary>Ends a handover that an earlier service started.</summary>
    /// <param name="record">The handover.</param>
    /// <param name="stopping">The service ends.</param>
    public async Task RecoverAsync(HandoverRecord record, CancellationToken stopping)
    {
        parts.Log.LogWarning("Handover {Id} of {Domain} was running when virt-handoverd ended; its result is being recovered.", record.Id, record.Name);
        if (await AskRecoveryAsync(record, stopping).ConfigureAwait(false) is not { } report)
        {
            parts.Log.LogInformation("Handover {Id} of {Domain} had not begun.", record.Id, record.Name);
            queue.NotBegun(record);
            return;
        }

        await EndAsync(report with { Id = record.Id, Domain = record.Domain }, stopping).ConfigureAwait(false);
    }

    /// <summary>Ends what the database knows nothing of, because it was lost or could not be written.</summary>
    /// <param name="stopping">The service ends.</param>
    public async Task RecoverForgottenAsync(CancellationToken stopping)
    {
        try
        {
            foreach (var id in parts.Recovery.Unfinished())
            {
                var report = await parts.Recovery.RecoverAsync(id, Guid.Empty, new AlarmSink(Alarm), stopping).ConfigureAwait(false);
                queue.SetAlarm(AlarmSource.Handover, null);
                parts.Log.LogWarning("Handover {Id}, of which the database knows nothing, ended: {Sentence}", id, report?.Sentence ?? "it never began.");
            }

            if (parts.Canary is { } canary)
            {
                await canary.ClearAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (LinuxException e)
        {
            // Nothing may start while nobody can tell what an earlier handover left.
            Alarm($"The journals of earlier handovers cannot be used: {e.Message} No handover starts before virt-handoverd is started again and can.");
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Sends the canary first. When it dies, the queue pauses and the handover counts as not begun, so that its approval holds.</summary>
    private async Task<bool> IsSafeAsync(HandoverRequest request, CancellationToken cancel, CancellationToken stopping)
    {
        if (parts.Canary is not { } canary)
        {
            return true;
        }

        queue.SetCanary(true);
        try
        {
            // Not cancelled when the service ends: the canary's keeper goes on, and the next service clears up behind it.
            var verdict = await canary.SendAsync(request, new AlarmSink(Alarm), cancel).WaitAsync(stopping).ConfigureAwait(false);
            queue.SetAlarm(AlarmSource.Handover, null);
            switch (verdict)
            {
                case CanaryVerdict.Passed { Sentence.Length: > 0 } passed:
                    parts.Log.LogInformation("{Sentence}", passed.Sentence);
                    break;
                case CanaryVerdict.NotSent notSent when !cancel.IsCancellationRequested:
                    parts.Log.LogWarning("No canary went before handover {Id}: {Sentence}", request.Id, notSent.Sentence);
                    break;
                case CanaryVerdict.Died died:
                    parts.Log.LogError("{Sentence}", died.Sentence);
                    queue.CanaryDied(RecordOf(request), died.Sentence);
                    return false;
            }

            return true;
        }
        finally
        {
            queue.SetCanary(false);
        }
    }

    private async Task<HandoverReport> DriveAsync(HandoverRequest request, CancellationToken cancel, CancellationToken stopping)
    {
        string why;
        try
        {
            // Not disposed when the service ends: its disposal would wait for the handover's next word.
            var stream = parts.Runner.RunAsync(request, cancel).GetAsyncEnumerator(CancellationToken.None);
            while (await stream.MoveNextAsync().AsTask().WaitAsync(stopping).ConfigureAwait(false))
            {
                if (stream.Current is HandoverProgress.Ended ended)
                {
                    await stream.DisposeAsync().ConfigureAwait(false);
                    return ended.Report;
                }

                if (stream.Current is HandoverProgress.Alarm alarm)
                    Alarm(alarm.Sentence);
                else
                    queue.Observe(request.Id, request.Domain, stream.Current);
            }

            why = "it stopped reporting";
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            parts.Log.LogError("Handover {Id} broke off: {Error}", request.Id, e.ToString());
            why = e.Message.TrimEnd('.');
        }

        var record = RecordOf(request);
        return await AskRecoveryAsync(record, stopping).ConfigureAwait(false) ?? Reports.Lost(record, why);
    }

    private async Task<HandoverReport?> AskRecoveryAsync(HandoverRecord record, CancellationToken stopping)
    {
        try
        {
            return await parts.Recovery.RecoverAsync(record.Id, record.Domain, new AlarmSink(Alarm), stopping).ConfigureAwait(false);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            parts.Log.LogError("The result of handover {Id} could not be recovered: {Error}", record.Id, e.ToString());
            return Reports.Lost(record, e.Message.TrimEnd('.'));
        }
    }

    private void Alarm(string sentence)
    {
        parts.Log.LogError("{Alarm}", sentence);
        queue.SetAlarm(AlarmSource.Handover, sentence);
    }

    private async Task EndAsync(HandoverReport ended, CancellationToken stopping)
    {
        queue.SetAlarm(AlarmSource.Handover, null);
        // A handover that broke off before Begin had read the name knows the UUID only.
        var report = ended.Name.Length > 0 ? ended : ended with { Name = NameOf(ended.Domain) };
        queue.End(report, await LookAsync(report.Domain, stopping).ConfigureAwait(false));
        var level = report.Outcome switch
        {
            HandoverOutcome.Done or HandoverOutcome.Rehearsed => LogLevel.Information,
            HandoverOutcome.Cancelled => LogLevel.Warning,
            _ => LogLevel.Error,
        };
        parts.Log.Log(level, "Handover {Id} of {Domain} ended, {Outcome}: {Sentence}", report.Id, report.Name, PhaseWords.Of(report.Outcome), report.Sentence);
    }

    /// <summary>libvirt has just been restarted and may need a moment.</summary>
    private async Task<ScannedDomain?> LookAsync(Guid domain, CancellationToken stopping)
    {
        for (var look = 1; ; look++)
        {
            try
            {
                return (await scanner.DetectAsync(stopping).ConfigureAwait(false)).FirstOrDefault(one => one.Domain.Uuid == domain);
            }
            catch (LibvirtException) when (look < Looks)
            {
                await Task.Delay(LookPause, parts.Time, stopping).ConfigureAwait(false);
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                parts.Log.LogWarning("The result of a handover could not be confirmed ({Reason}); the next scan does it.", e.Message);
                scanner.Ask();
                return null;
            }
        }
    }

    private HandoverRecord RecordOf(HandoverRequest request) =>
        new(request.Id, request.Domain, NameOf(request.Domain), request.Rehearse, "", parts.Time.GetUtcNow(), Started: true);

    private string NameOf(Guid domain) => queue.Snapshot().Upgrades.FirstOrDefault(one => one.Domain == domain)?.Name ?? domain.ToString();
}
