using VirtHandover.Linux;
using VirtHandover.Logging;

namespace VirtHandover.Queue;

/// <summary>
/// Finds out what became of handovers that nobody here has seen ending: the only one in the front who starts a recovery, and who says what it means that
/// recovery knows nothing of a handover.
/// </summary>
/// <param name="parts">What it works with.</param>
/// <param name="alarm">Where is told what cannot be brought to an end.</param>
internal sealed class Recoverer(QueueParts parts, HandoverAlarm alarm)
{
    /// <summary>A handover that an earlier service has recorded as started. Without a trace it has not begun: that service ended first.</summary>
    /// <param name="record">The handover.</param>
    /// <param name="stopping">The service ends.</param>
    public async Task<HandoverEnd> AfterRestartAsync(HandoverRecord record, CancellationToken stopping)
    {
        parts.Log.ForContext(HandoverAlarm.About(MessageKind.HandoverRecovered, record)).Warning(
            "Handover {Id} of {Domain} was running when virt-handoverd ended; its result is being recovered.", record.Id, record.Name);
        return await AskAsync(record, new HandoverEnd.Back(record, new NotBegun.ServiceEnded()), stopping).ConfigureAwait(false);
    }

    /// <summary>
    /// A handover of this service that has stopped telling. Without a trace it has not begun if the worker has gone, who would have begun it; from one that
    /// is there it should have had a word, and nobody knows.
    /// </summary>
    /// <param name="record">The handover.</param>
    /// <param name="why">Why it tells no more; the middle of a sentence.</param>
    /// <param name="isAway">Whether the worker has gone.</param>
    /// <param name="stopping">The service ends.</param>
    public Task<HandoverEnd> AfterBreakAsync(HandoverRecord record, string why, bool isAway, CancellationToken stopping) => AskAsync(
        record,
        isAway ? new HandoverEnd.Back(record, new NotBegun.WorkerGone($"{why}.")) : new HandoverEnd.Ended(Reports.Lost(record, why)),
        stopping);

    /// <summary>Ends what the database knows nothing of, because it was lost or could not be written.</summary>
    /// <param name="stopping">The service ends.</param>
    public async Task EndForgottenAsync(CancellationToken stopping)
    {
        try
        {
            foreach (var id in await parts.Recovery.UnfinishedAsync(stopping).ConfigureAwait(false))
            {
                var report = await parts.Recovery.RecoverAsync(id, Guid.Empty, alarm.Of(id), stopping).ConfigureAwait(false);
                alarm.End();
                parts.Log.ForContext(new About(MessageKind.HandoverRecovered) { Domain = report?.Name, Uuid = report?.Domain })
                    .Warning("Handover {Id}, of which the database knows nothing, ended: {Sentence}", id, report?.Sentence ?? "it never began.");
            }

            if (parts.Canary is { } canary)
                await canary.ClearAsync(stopping).ConfigureAwait(false);
        }
        catch (LinuxException e)
        {
            // Nothing may start while nobody can tell what an earlier handover left.
            alarm.Raise(
                new About(MessageKind.Alarm),
                $"The journals of earlier handovers cannot be used: {e.Message} No handover starts before virt-handoverd is started again and can.");
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping).ConfigureAwait(false);
        }
    }

    private async Task<HandoverEnd> AskAsync(HandoverRecord record, HandoverEnd unknown, CancellationToken stopping)
    {
        try
        {
            return await parts.Recovery.RecoverAsync(record.Id, record.Domain, alarm.Of(record), stopping).ConfigureAwait(false) is { } report
                ? new HandoverEnd.Ended(report with { Id = record.Id, Domain = record.Domain })
                : unknown;
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            parts.Log.ForContext(HandoverAlarm.About(MessageKind.OwnFault, record))
                .Error("The result of handover {Id} could not be recovered: {Error}", record.Id, e.ToString());
            return new HandoverEnd.Ended(Reports.Lost(record, e.Message.TrimEnd('.')));
        }
    }
}
