using System.Diagnostics;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
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
        catch (StrandedException stranded)
        {
            return Report(
                HandoverOutcome.Stranded,
                $"{Subject} runs on the new QEMU (process {stranded.Target}), but libvirt does not manage it: {stranded.Message} {stranded.Advice}");
        }
        catch (LostException lost)
        {
            return Report(HandoverOutcome.Stranded, $"{Subject} needs you now: {lost.Message}");
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            return Report(HandoverOutcome.Undone, $"The handover of {Subject} failed and was undone; it runs on the old QEMU. {exception.Message}");
        }
    }

    /// <summary>
    /// After a stranded handover: waits until the new QEMU has ended, so that libvirt's lock stays with this process and no daemon
    /// can find a VM that it would kill. Returns at once when libvirt was already let loose.
    /// </summary>
    internal async Task KeepLibvirtAwayAsync()
    {
        if (_quiesced is { Hold.IsReleased: false, Prepared.Target.Process: var target })
        {
            while (!await target.WaitForExitAsync(TimeSpan.FromHours(1)).ConfigureAwait(false))
            {
            }
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
            if (prepared.Method == RamMethod.Copy && !begun.Assessment.StandsStill)
            {
                var copy = await CopyPhase.StartAsync(prepared, begun.Monitor, progress, cancellationToken).ConfigureAwait(false);
                prepared = _prepared = prepared with { Copy = copy };
                _copied = copy.Copied;
            }

            _phases.Enter(HandoverPhase.Quiesce);
            quiesced = _quiesced = await QuiescePhase.RunAsync(prepared, journal, cancellationToken).ConfigureAwait(false);
        }
        catch
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
            finished = await FinishAsync(performed, adoption).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            await QuiescePhase.UndoAsync(quiesced).ConfigureAwait(false);
            _outage = Stopwatch.GetElapsedTime(quiesced.Hold.Since);
            throw;
        }

        return await ForwardAsync(finished, adoption).ConfigureAwait(false);
    }

    // Only what leaves no doubt that the target has not run comes out of here as an ordinary failure.
    private async Task<Finished> FinishAsync(Performed performed, AdoptionPlan adoption)
    {
        try
        {
            return await FinishPhase.RunAsync(performed, adoption, journal).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HandoverException or LinuxException)
        {
            await PerformPhase.UndoAsync(performed.Quiesced).ConfigureAwait(false);
            throw;
        }
        catch (QmpProtocolException exception)
        {
            throw new StrandedException(
                performed.Quiesced.Prepared.Target.Process.Id,
                exception.Message,
                $"It is not certain that the guest runs there. The old QEMU (process {performed.Quiesced.Prepared.Begun.Source.Id}) is frozen and must not be continued. libvirt is kept from starting until the new QEMU has ended.");
        }
    }

    private async Task<HandoverReport> ForwardAsync(Finished finished, AdoptionPlan adoption)
    {
        var prepared = finished.Performed.Quiesced.Prepared;
        _phases.Enter(HandoverPhase.Confirm);
        Confirmed confirmed;
        try
        {
            confirmed = await ConfirmPhase.RunAsync(finished, adoption, journal).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            throw new StrandedException(
                prepared.Target.Process.Id,
                exception.Message,
                "The guest goes on undisturbed; do not start the VM a second time. Look at the journal of virt-handoverd and start the libvirt daemon when the cause is gone.");
        }

        _outage = confirmed.Outage;
        var warnings = confirmed.Warnings.Select(text => new Finding("NOT_RESTORED", FindingSeverity.Warning, text));
        var report = Report(HandoverOutcome.Done, "");
        prepared.Target.Dispose();
        return report with
        {
            Sentence = $"{Subject} runs on QEMU {begunTo(report)}; libvirt manages it.",
            PauseMicroseconds = (long)(finished.Pause?.TotalMicroseconds ?? 0),
            Findings = [.. report.Findings, .. warnings],
        };

        static string begunTo(HandoverReport report) => report.To is { Version.Length: > 0 } to ? to.Version : "as installed";
    }

    private async Task UndoCopyAsync(Prepared prepared)
    {
        if (prepared.Method != RamMethod.Copy || prepared.Begun.Assessment.StandsStill)
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
            throw new LostException(
                $"its copy could not be cancelled ({exception.Message}); look whether it is paused with 'virsh domstate {prepared.Begun.Name}' and resume it with 'virsh resume {prepared.Begun.Name}'.");
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
        AttachPauseMicroseconds = (long)(_prepared?.Copy?.AttachPause.TotalMicroseconds ?? 0),
        TotalMicroseconds = (long)Stopwatch.GetElapsedTime(_started).TotalMicroseconds,
        OutageMicroseconds = (long)_outage.TotalMicroseconds,
        CopiedBytes = _copied,
        Phases = _phases.Finish(),
    };
}
