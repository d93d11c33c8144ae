using System.Diagnostics;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover;

/// <summary>
/// One handover from Begin to Confirm. Each phase is a step whose result the next one needs, so no order but the right one
/// compiles; each failure before the commit undoes exactly the phases that were done.
/// </summary>
/// <param name="request">What was asked for.</param>
/// <param name="journal">Where each step is written before it is taken.</param>
/// <param name="progress">Who is told.</param>
/// <param name="clock">The host's clock.</param>
internal sealed class HandoverRun(HandoverRequest request, HandoverJournal journal, IProgress<HandoverProgress> progress, TimeProvider clock)
{
    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly PhaseClock _phases = new(progress, clock);
    private Begun? _begun;
    private Prepared? _prepared;
    private Quiesced? _quiesced;
    private long _copied;
    private TimeSpan _outage;
    private TimeSpan _pause;

    /// <summary>Runs it. Never throws: whatever happens is in the report, with the state the VM is in.</summary>
    /// <param name="cancellationToken">Honoured until the libvirt daemon is stopped.</param>
    internal async Task<HandoverReport> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _phases.Enter(HandoverPhase.Begin);
            using var begun = _begun = await BeginPhase.RunAsync(request, journal, clock, cancellationToken).ConfigureAwait(false);
            _phases.Enter(HandoverPhase.Prepare);
            return await WithTwinAsync(begun, cancellationToken).ConfigureAwait(false);
        }
        catch (RefusedException refused)
        {
            var codes = string.Join(", ", refused.Findings.Where(f => f.Severity == FindingSeverity.Blocker).Select(f => f.Code));
            return Report(
                HandoverOutcome.Refused,
                $"The handover of {Subject} was refused ({codes}); it runs on the old QEMU, untouched. {refused.Message}") with
            { Findings = refused.Findings };
        }
        catch (OperationCanceledException)
        {
            return Report(HandoverOutcome.Cancelled, $"The handover of {Subject} was cancelled; it runs on the old QEMU.");
        }
        catch (UnfinishedException unfinished)
        {
            return await InsistAsync(unfinished).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            return Report(HandoverOutcome.Undone, $"The handover of {Subject} failed and was undone; it runs on the old QEMU. {exception.Message}");
        }
    }

    private string Subject => _begun is { } begun ? $"VM {begun.Name}" : $"the VM {request.Domain}";

    /// <summary>Failures that a handover names in its own words; anything else is a defect and ends the keeper loudly.</summary>
    internal static bool IsExpected(Exception exception) =>
        exception is HandoverException or LibvirtException or QmpException or QmpProtocolException or LinuxException or ProcException
            or StatusFileException or IOException or UnauthorizedAccessException;

    private async Task<HandoverReport> WithTwinAsync(Begun begun, CancellationToken cancellationToken)
    {
        var prepared = _prepared = await PreparePhase.RunAsync(begun, journal, cancellationToken).ConfigureAwait(false);
        if (request.Rehearse)
        {
            prepared.Target.Kill();
            return Report(
                HandoverOutcome.Rehearsed,
                $"A handover of {Subject} by '{prepared.Method.ToString().ToLowerInvariant()}' would go through as far as can be told without touching it; it runs on the old QEMU.");
        }

        Quiesced quiesced;
        try
        {
            if (prepared.IsLiveCopy)
            {
                var copy = await CopyPhase.StartAsync(prepared, begun.Monitor, journal, progress, cancellationToken).ConfigureAwait(false);
                prepared = _prepared = prepared with { Copy = copy };
                _copied = copy.Copied;
            }

            _phases.Enter(HandoverPhase.Quiesce);
            quiesced = _quiesced = await QuiescePhase.RunAsync(prepared, journal, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            prepared.Target.Kill();
            await UndoCopyAsync(prepared).ConfigureAwait(false);
            throw;
        }

        return await WithoutLibvirtAsync(quiesced).ConfigureAwait(false);
    }

    private async Task<HandoverReport> WithoutLibvirtAsync(Quiesced quiesced)
    {
        var adoption = PreparePhase.Plan(quiesced);
        Finished finished;
        try
        {
            _phases.Enter(HandoverPhase.Perform);
            var performed = await PerformPhase.RunAsync(quiesced, journal).ConfigureAwait(false);
            _copied = performed.CopiedBytes;
            _phases.Enter(HandoverPhase.Finish);
            finished = await FinishOrUndoAsync(performed, adoption, journal).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            await QuiescePhase.UndoAsync(quiesced).ConfigureAwait(false);
            _outage = Stopwatch.GetElapsedTime(quiesced.Hold.Since);
            throw;
        }

        _phases.Enter(HandoverPhase.Confirm);
        _pause = finished.Pause ?? TimeSpan.Zero;
        var confirmed = await ConfirmPhase.RunAsync(finished, adoption, journal).ConfigureAwait(false);
        _outage = confirmed.Outage;
        var report = Report(HandoverOutcome.Done, "");
        quiesced.Prepared.Target.Dispose();
        return report with
        {
            Sentence = $"{Subject} runs on QEMU {(report.To is { Version.Length: > 0 } to ? to.Version : "as installed")}; libvirt manages it.",
            Findings = [.. report.Findings, .. confirmed.Warnings],
        };
    }

    // What comes out of Finish as an ordinary failure leaves no doubt that the target has not run.
    private static async Task<Finished> FinishOrUndoAsync(Performed performed, AdoptionPlan adoption, HandoverJournal journal)
    {
        try
        {
            return await FinishPhase.RunAsync(performed, adoption, journal).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            await PerformPhase.UndoAsync(performed.Quiesced).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// The phases' own way out has failed, or there is none: from here on the journal decides, as it would for somebody who comes
    /// after this process, only that this process still holds libvirt's lock.
    /// </summary>
    private async Task<HandoverReport> InsistAsync(UnfinishedException unfinished)
    {
        var trace = HandoverTrace.Of(HandoverJournal.Read(journal.Path))!;
        // Each monitor has room for one: let go of both.
        _prepared?.Target.Qmp.Dispose();
        _quiesced?.Source.Dispose();
        var alarm = new AlarmSink(sentence => progress.Report(new HandoverProgress.Alarm(sentence)));
        var ended = await HandoverRecovery.InsistAsync(
            journal, trace, unfinished.Message, _quiesced?.Hold, alarm, CancellationToken.None).ConfigureAwait(false);
        if (_quiesced is { } quiesced)
            _outage = Stopwatch.GetElapsedTime(quiesced.Hold.Since);
        var report = Report(ended.Outcome, ended.Sentence);
        return report with { Findings = [.. report.Findings, .. ended.Findings] };
    }

    private async Task UndoCopyAsync(Prepared prepared)
    {
        if (!prepared.IsLiveCopy)
            return;
        try
        {
            // libvirt runs (again): the connection of Begin is closed if Quiesce got that far.
            await using var libvirt = await LibvirtConnection.OpenWhenReadyAsync(
                LibvirtConnection.SystemUri, Limits.DaemonStart, CancellationToken.None).ConfigureAwait(false);
            await SourceRevival.RunAsync(
                new LibvirtQmpChannel(libvirt, request.Domain, prepared.Begun.Name), wasRunning: false, [], prepared.SourceSettings).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            throw new UnfinishedException($"The copy of VM {prepared.Begun.Name}'s memory could not be cancelled: {exception.Message}", exception);
        }
    }

    private HandoverReport Report(HandoverOutcome outcome, string sentence) => new()
    {
        Id = request.Id,
        Domain = request.Domain,
        Name = _begun?.Name ?? "",
        Outcome = outcome,
        Sentence = sentence,
        From = request.From,
        To = request.To,
        Method = _prepared?.Method ?? _begun?.Assessment.Method,
        MethodReason = _begun?.Assessment.MethodReason ?? "",
        Findings = [.. _begun?.Assessment.Findings ?? [], .. _prepared?.Notes ?? []],
        StartedAt = _startedAt,
        PauseMicroseconds = (long)_pause.TotalMicroseconds,
        AttachPauseMicroseconds = (long)(_prepared?.Copy?.AttachPause.TotalMicroseconds ?? 0),
        TotalMicroseconds = (long)Stopwatch.GetElapsedTime(_started).TotalMicroseconds,
        OutageMicroseconds = (long)_outage.TotalMicroseconds,
        CopiedBytes = _copied,
        Phases = _phases.Finish(),
    };
}
