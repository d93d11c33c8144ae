using System.Globalization;
using Serilog;
using Serilog.Events;
using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Logging;

namespace VirtHandover.Queue;

/// <summary>Writes what happens in the queue to the log: one line for one thing, whoever brought it about.</summary>
public sealed class QueueLog : IDisposable
{
    /// <summary>Of VMs and files in one line; of the rest only the number is told.</summary>
    private const int MostNames = 10;

    private const int MostNameChars = 200;

    /// <summary>Of VMs that can be asked for by a line about many: a host with more has it in the lines about each.</summary>
    private const int MostUuids = 256;

    private readonly UpgradeQueue _queue;
    private readonly ILogger _log;

    /// <summary>Begins to write.</summary>
    /// <param name="queue">Whose news.</param>
    /// <param name="log">Where to.</param>
    public QueueLog(UpgradeQueue queue, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(log);
        _queue = queue;
        _log = log;
        queue.Happened += Write;
    }

    /// <inheritdoc/>
    public void Dispose() => _queue.Happened -= Write;

    private void Write(QueueNews news)
    {
        switch (news)
        {
            case QueueNews.UpdateNoticed update:
                _log.ForContext(new About(MessageKind.UpdateNoticed)).Information(
                    "An update was noticed: {Replaced}; {Outdated} of {Running} running VMs run on what was there before.",
                    Some(update.Replaced), update.Outdated, update.Running);
                break;
            case QueueNews.BecamePending { Upgrades: [var one] }:
                _log.ForContext(new About(MessageKind.VmsPending) { Domain = one.Name, Uuid = one.Domain })
                    .Information("A VM waits for approval: {Domain}.", one.Name);
                break;
            case QueueNews.BecamePending pending:
                _log.ForContext(new About(MessageKind.VmsPending) { Uuids = [.. pending.Upgrades.Take(MostUuids).Select(upgrade => upgrade.Domain)] })
                    .Information(
                        "{Count} VMs wait for approval: {Names}.", pending.Upgrades.Count, Some([.. pending.Upgrades.Select(upgrade => upgrade.Name)]));
                break;
            case QueueNews.Approved { Upgrade: var upgrade, By: var by }:
                _log.ForContext(new About(MessageKind.VmApproved) { Domain = upgrade.Name, Uuid = upgrade.Domain })
                    .Information("{By} approved domain {Domain}.", by, upgrade.Name);
                break;
            case QueueNews.Started { Upgrade: var upgrade, Running: var running }:
                _log.ForContext(new About(MessageKind.HandoverStarted) { Domain = upgrade.Name, Uuid = upgrade.Domain, Id = running.Id })
                    .Information("Handover {Id} of {Domain} starts{Rehearse}.", running.Id, upgrade.Name, running.Rehearse ? " as a rehearsal" : "");
                break;
            case QueueNews.Ended ended:
                Write(ended.Report);
                break;
            case QueueNews.Paused paused:
                _log.ForContext(new About(MessageKind.QueuePaused))
                    .Write(paused.IsByItself ? LogEventLevel.Warning : LogEventLevel.Information, "{Sentence}", paused.Sentence);
                break;
        }
    }

    private void Write(HandoverReport report)
    {
        var (level, kind) = report.Outcome switch
        {
            HandoverOutcome.Done => (LogEventLevel.Information, MessageKind.HandoverDone),
            HandoverOutcome.Rehearsed => (LogEventLevel.Information, MessageKind.RehearsalDone),
            HandoverOutcome.Cancelled or HandoverOutcome.Postponed or HandoverOutcome.Gone => (LogEventLevel.Warning, MessageKind.HandoverPutOff),
            HandoverOutcome.Stranded => (LogEventLevel.Error, MessageKind.VmStranded),
            _ => (LogEventLevel.Error, MessageKind.HandoverFailed),
        };
        var went = level == LogEventLevel.Information;
        var phase = went ? null : report.Phases is [.., { Phase: var last }] ? PhaseWords.Of(last) : null;
        var blockers = report.Findings.Where(finding => !went && finding.Severity == FindingSeverity.Blocker);
        string[] codes = [.. blockers.Select(finding => finding.Code).Distinct()];
        _log.ForContext(new About(kind) { Domain = report.Name, Uuid = report.Domain, Id = report.Id, Phase = phase, Codes = codes }).Write(
            level, "Handover {Id} of {Domain} ended, {Outcome}{How}: {Sentence}",
            report.Id, report.Name, PhaseWords.Of(report.Outcome), How(report, phase, codes), report.Sentence);
    }

    /// <returns>For example <c> in perform (VQ_SIZE), after 812.4 ms, paused for 31.2 ms</c>.</returns>
    private static string How(HandoverReport report, string? phase, string[] codes) => string.Concat(
        phase is null ? "" : $" in {phase}",
        codes.Length == 0 ? "" : $" ({Some(codes)})",
        report.TotalMicroseconds == 0 ? "" : $", after {Milliseconds(report.TotalMicroseconds)}",
        report.PauseMicroseconds == 0 ? "" : $", paused for {Milliseconds(report.PauseMicroseconds)}");

    private static string Milliseconds(long microseconds) => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000.0:0.0} ms");

    private static string Some(IReadOnlyList<string> all) => string.Join(", ", all.Take(MostNames).Select(one => ForeignText.Shorten(one, MostNameChars)))
        + (all.Count > MostNames ? string.Create(CultureInfo.InvariantCulture, $" and {all.Count - MostNames} more") : "");
}
