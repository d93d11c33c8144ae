using System.Diagnostics;
using System.Globalization;
using Serilog;
using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Logging;
using VirtHandover.Qemu;

namespace VirtHandover.Handover;

/// <summary>
/// One VM's way through its handover. Each phase is a step whose result the next one needs, so no order but the right one
/// compiles; each failure before the commit undoes exactly the phases that were done. libvirt's absence is the group's:
/// <see cref="HandoverGroup{TTwin, TTarget}"/> calls these steps.
/// </summary>
/// <param name="request">What was asked for.</param>
/// <param name="together">The numbers of all handovers of the group.</param>
/// <param name="journal">Where each step is written before it is taken.</param>
/// <param name="progress">Who is told.</param>
/// <param name="clock">The host's clock.</param>
/// <param name="log">The log.</param>
/// <param name="cancel">Takes this one back; honoured until its guest is paused.</param>
internal sealed class HandoverRun(
    HandoverRequest request,
    IReadOnlyList<long> together,
    HandoverJournal journal,
    IProgress<HandoverProgress> progress,
    TimeProvider clock,
    ILogger log,
    CancellationToken cancel) : IGroupRun<Prepared, Adopted>, IDisposable
{
    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly PhaseClock _phases = new(progress, clock);
    private Begun? _begun;
    private Prepared? _prepared;
    private SourceMonitor? _source;
    private long _copied;
    private long? _framesLost;
    private TimeSpan _outage;
    private readonly GuestPause _pause = new();
    private long _recoveredPause;
    private IReadOnlyList<Finding> _notReturned = [];

    /// <inheritdoc/>
    public string Subject => _begun is { } begun ? $"VM {begun.Name}" : request.Subject;

    /// <inheritdoc/>
    public HandoverJournal Journal => journal;

    /// <inheritdoc/>
    public HandoverOutcome? Outcome { get; private set; }

    /// <inheritdoc/>
    public bool FailedAlone { get; private set; }

    /// <inheritdoc/>
    public bool IsCancelled => cancel.IsCancellationRequested;

    /// <inheritdoc/>
    public bool SourceHasEnded => _begun is { Source.HasExited: true };

    /// <summary>
    /// A failure of one VM, whatever its type: also a defect of ours that one VM's QEMU has found must not end the keeper, and with it the others'
    /// handovers. Only what has a meaning of its own is none: left half-way, refused, cancelled.
    /// </summary>
    internal static bool IsFailure(Exception exception) => exception is not (UnfinishedException or RefusedException or OperationCanceledException);

    /// <summary>True for a failure that says nothing about other VMs: this one's QEMU answers what no QEMU answers.</summary>
    internal static bool IsOwn(Exception exception) => exception is QmpProtocolException { Fault: QmpFault.Malformed or QmpFault.TooLarge };

    /// <summary>What it says, as the end of a report's sentence. A defect of ours has no sentence of its own.</summary>
    private static string WordsOf(Exception exception) => IsNamed(exception)
        ? exception.Message
        : $"This is a fault of virt-handover's own, and concerns no other VM ({exception.GetType().Name}: {exception.Message.TrimEnd('.')}); "
            + $"report it with the output of '{Said.Log}'.";

    private static string Whole(Exception exception) => ForeignText.Shorten(Secrets.Redact(exception.ToString()), 8 * ForeignBounds.SentenceChars);

    private static bool IsNamed(Exception exception) =>
        exception is HandoverException or HostBusyException or StandsStillException or GoneException or LibvirtException or QmpException or QmpProtocolException or SourceCommandException
            or LinuxException or ProcException or StatusFileException or IOException or UnauthorizedAccessException or CommandLineException;

    /// <inheritdoc/>
    public async Task<Prepared?> PrepareAsync()
    {
        try
        {
            _phases.Enter(HandoverPhase.Begin);
            var begun = _begun = await BeginPhase.RunAsync(request, together, journal, clock, cancel).ConfigureAwait(false);
            _phases.Enter(HandoverPhase.Prepare);
            var prepared = _prepared = await PreparePhase.RunAsync(begun, journal, cancel).ConfigureAwait(false);
            if (request.Rehearse)
            {
                prepared.Target.Kill();
                Give(Report(
                    HandoverOutcome.Rehearsed,
                    $"A handover of {Subject} by '{prepared.Method.ToString().ToLowerInvariant()}' would go through as far as can be told without touching it; it runs on the old QEMU."));
                return null;
            }

            return prepared.IsLiveCopy ? await CopyAsync(prepared).ConfigureAwait(false) : prepared;
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            End(exception);
            return null;
        }
    }

    /// <inheritdoc/>
    public void EnterQuiesce() => _phases.Enter(HandoverPhase.Quiesce);

    /// <inheritdoc/>
    public async Task<Adopted> MoveAsync(Prepared twin, OutageLimit limit)
    {
        var (finished, adoption) = await MoveGuestAsync(twin, limit).ConfigureAwait(false);
        _phases.Enter(HandoverPhase.Confirm);
        if (finished.Performed.Frames.Lost() is { } lost)
            _framesLost = (_framesLost ?? 0) + lost;
        return await ConfirmPhase.AdoptAsync(finished, adoption, journal).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task DropAsync(Prepared prepared, OutageLimit limit) => UndoPrepareAsync(prepared, async () =>
    {
        using var source = await prepared.Target.Monitors.ConnectSourceAsync(prepared.Begun.Source, prepared.Begun.Name, limit.Cap(Limits.Command)).ConfigureAwait(false);
        source.EndsAt = limit.EndsAt;
        await ReviveAsync(source, prepared).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public Task WithdrawAsync(Prepared prepared) => UndoPrepareAsync(prepared, async () =>
    {
        // The connection of Begin is closed if Quiesce got that far.
        await using var libvirt = await LibvirtConnection.OpenWhenReadyAsync(
            LibvirtConnection.SystemUri, Limits.DaemonStart, CancellationToken.None).ConfigureAwait(false);
        await ReviveAsync(new LibvirtQmpChannel(libvirt, request.Domain, prepared.Begun.Name), prepared).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public async Task ConfirmAsync(Adopted adopted, IOutage outage)
    {
        await ConfirmPhase.VerifyAsync(adopted).ConfigureAwait(false);
        Measure(outage);
        var report = Report(HandoverOutcome.Done, "");
        Give(report with
        {
            Sentence = $"{Subject} runs on QEMU {(report.To is { Version.Length: > 0 } to ? to.Version : "as installed")}; libvirt manages it.{Frames(report.FramesLost)}",
            Findings = [.. report.Findings, .. adopted.Warnings],
        });
    }

    /// <inheritdoc/>
    public void End(Exception exception, IOutage? outage = null)
    {
        Measure(outage);
        FailedAlone = IsOwn(exception);
        if (!IsNamed(exception) && IsFailure(exception))
            Tell(exception);
        if (exception is GoneException || SourceHasEnded)
        {
            Give(Report(HandoverOutcome.Gone, $"{Subject} has ended, by itself or by somebody, before its handover touched it; there is nothing to hand over any more."));
            return;
        }

        if (exception is LibvirtException { IsAway: true })
        {
            Postpone($"libvirt could not be reached ({exception.Message.TrimEnd('.')})", outage);
            return;
        }

        if (exception is HostBusyException)
        {
            Postpone(exception.Message, outage);
            return;
        }

        Give(exception switch
        {
            RefusedException refused => Report(
                HandoverOutcome.Refused,
                $"The handover of {Subject} was refused ({string.Join(", ", refused.Findings.Where(f => f.Severity == FindingSeverity.Blocker).Select(f => f.Code).Distinct())}); it runs on the old QEMU, untouched. {refused.Message}") with
            { Findings = refused.Findings },
            OperationCanceledException => Report(HandoverOutcome.Cancelled, $"The handover of {Subject} was cancelled; it runs on the old QEMU."),
            _ => Report(HandoverOutcome.Undone, $"The handover of {Subject} failed and was undone; it runs on the old QEMU. {WordsOf(exception)}"),
        });
    }

    /// <inheritdoc/>
    public void Postpone(string because, IOutage? outage)
    {
        Measure(outage);
        Give(Report(
            HandoverOutcome.Postponed,
            $"The handover of {Subject} was put off because {because}; it runs on the old QEMU, untouched. What was approved stays approved; what was asked for by name has to be asked for again."));
    }

    /// <inheritdoc/>
    public void Take(HandoverReport ended)
    {
        _outage = TimeSpan.FromMicroseconds(ended.OutageMicroseconds);
        _recoveredPause = ended.PauseMicroseconds;
        var report = Report(ended.Outcome, ended.Sentence);
        Give(report with { Findings = [.. report.Findings, .. ended.Findings] });
    }

    /// <inheritdoc/>
    public void Alarm(string sentence)
    {
        _phases.Tell();
        progress.Report(new HandoverProgress.Alarm(sentence));
    }

    /// <inheritdoc/>
    public void LetGo()
    {
        _prepared?.Target.Qmp.Dispose();
        _source?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _source?.Dispose();
        _prepared?.Target.Dispose();
        _prepared?.Target.Monitors.Dispose();
        _begun?.Dispose();
        journal.Dispose();
    }

    private async Task<(Finished Finished, AdoptionPlan Adoption)> MoveGuestAsync(Prepared prepared, OutageLimit limit)
    {
        try
        {
            var quiesced = await ConnectAsync(prepared, limit).ConfigureAwait(false);
            _source = quiesced.Source;
            _phases.Enter(HandoverPhase.Perform);
            var adoption = await PlanAsync(quiesced, limit).ConfigureAwait(false);
            var performed = await PerformPhase.RunAsync(quiesced, journal, _pause, progress, cancel).ConfigureAwait(false);
            _copied = performed.CopiedBytes;
            // One that stands still for a copy can be cancelled, and from here on no more: that is told at once.
            if (prepared.Begun.Assessment.StandsStill)
                _phases.Enter(HandoverPhase.Finish);
            else
                _phases.EnterUntold(HandoverPhase.Finish);
            return (await FinishOrUndoAsync(performed, adoption).ConfigureAwait(false), adoption);
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            // The guest runs on in the source, whose seat it is again.
            var warnings = await MachineSeat.TakeAsync(prepared.Begun.Machine, prepared.Begun.Source.Identity, isVacant: true).ConfigureAwait(false);
            _notReturned = [.. warnings.Select(text => new Finding(Adoption.NotRestored, FindingSeverity.Warning, text))];
            throw;
        }
    }

    private static async Task UndoPrepareAsync(Prepared prepared, Func<Task> reviveSource)
    {
        try
        {
            prepared.Target.Kill();
            if (prepared.IsLiveCopy)
                await reviveSource().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            throw new UnfinishedException($"The copy of VM {prepared.Begun.Name}'s memory could not be cancelled: {exception.Message}", exception);
        }
    }

    private static Task ReviveAsync(IQmpChannel source, Prepared prepared) =>
        SourceRevival.RunAsync(source, wasRunning: false, [], prepared.SourceSettings);

    private async Task<Prepared> CopyAsync(Prepared prepared)
    {
        try
        {
            var copy = await CopyPhase.StartAsync(prepared, prepared.Begun.Monitor, journal, progress, _pause, cancel).ConfigureAwait(false);
            _copied = copy.Copied;
            _framesLost = copy.FramesLost;
            return _prepared = prepared with { Copy = copy };
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            await WithdrawAsync(prepared).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<Quiesced> ConnectAsync(Prepared prepared, OutageLimit limit)
    {
        try
        {
            return await QuiescePhase.ConnectAsync(prepared, limit, cancel).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            await DropAsync(prepared, limit).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<AdoptionPlan> PlanAsync(Quiesced quiesced, OutageLimit limit)
    {
        try
        {
            return PreparePhase.Plan(quiesced);
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            // The monitor has room for one client.
            quiesced.Source.Dispose();
            await DropAsync(quiesced.Prepared, limit).ConfigureAwait(false);
            throw;
        }
    }

    // What comes out of Finish as an ordinary failure leaves no doubt that the target has not run.
    private async Task<Finished> FinishOrUndoAsync(Performed performed, AdoptionPlan adoption)
    {
        try
        {
            return await FinishPhase.RunAsync(performed, adoption, journal, _pause).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            await PerformPhase.UndoAsync(performed.Quiesced, _pause).ConfigureAwait(false);
            throw;
        }
    }

    private static string Frames(long? lost) => lost switch
    {
        null or 0 => "",
        1 => " One incoming frame was lost in its pause.",
        _ => string.Create(CultureInfo.InvariantCulture, $" {lost} incoming frames were lost in its pause."),
    };

    private void Measure(IOutage? outage) => _outage = outage is null ? TimeSpan.Zero : Stopwatch.GetElapsedTime(outage.Since);

    // Only here, when the guest runs: nothing is logged between its pause and its going on.
    private void Tell(Exception fault) => log
        .ForContext(new About(MessageKind.OwnFault) { Domain = _begun?.Name ?? request.Name, Uuid = request.Domain, Id = request.Id, Phase = _phases.Word })
        .Error("The handover of {Vm}: {Error}", Subject, Whole(fault));

    private void Give(HandoverReport report)
    {
        Outcome = report.Outcome;
        journal.Close(report, clock.GetUtcNow());
        progress.Report(new HandoverProgress.Ended(report));
    }

    private HandoverReport Report(HandoverOutcome outcome, string sentence) => new()
    {
        Id = request.Id,
        Domain = request.Domain,
        Name = _begun?.Name ?? request.Name,
        Outcome = outcome,
        Sentence = sentence,
        From = request.From,
        To = request.To,
        Method = _prepared?.Method ?? _begun?.Assessment.Method,
        MethodReason = _begun?.Assessment.MethodReason ?? "",
        Findings = [.. _begun?.Assessment.Findings ?? [], .. _prepared?.Notes ?? [], .. _notReturned],
        StartedAt = _startedAt,
        PauseMicroseconds = _pause.Length > TimeSpan.Zero ? (long)_pause.Length.TotalMicroseconds : _recoveredPause,
        AttachPauseMicroseconds = (long)_pause.Attach.TotalMicroseconds,
        TotalMicroseconds = (long)Stopwatch.GetElapsedTime(_started).TotalMicroseconds,
        OutageMicroseconds = (long)_outage.TotalMicroseconds,
        CopiedBytes = _copied,
        FramesLost = _framesLost,
        Phases = _phases.Finish(),
    };
}
