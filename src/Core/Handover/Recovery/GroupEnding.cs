using VirtHandover.Contract;
using VirtHandover.Handover.Phases;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Recovery;

/// <summary>What keeps broken handovers from their end.</summary>
/// <param name="Trace">The one that stands in the way.</param>
/// <param name="Journal">Its journal's path.</param>
/// <param name="Fault">Why.</param>
internal sealed record Obstacle(HandoverTrace Trace, string Journal, Exception Fault);

/// <summary>
/// Ends broken handovers together: first every VM gets into a state that is right, then libvirt comes back, then it says that it has
/// them, then their journals are closed. Each attempt may be repeated.
/// </summary>
/// <param name="broken">The handovers.</param>
/// <param name="away">libvirt's absence, which lasts over all attempts.</param>
/// <param name="limit">When who has not come to an end is stranded.</param>
internal sealed class GroupEnding(IReadOnlyList<BrokenHandover> broken, LibvirtAway away, OutageLimit limit)
{
    private readonly Dictionary<BrokenHandover, long> _refusedSince = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<long> _unconfirmed = [];

    // A daemon that ran, and that only the recovery stops, is away from then on.
    private OutageLimit? _anew;
    private readonly Stranding _stranding = new(away.Paths);

    /// <summary>Ends broken handovers that a process has just taken over.</summary>
    internal GroupEnding(IReadOnlyList<BrokenHandover> broken, LibvirtAway away)
        : this(broken, away, OutageLimit.Of([.. broken.Select(one => one.Trace)], TimeProvider.System.GetUtcNow()))
    {
    }

    /// <summary>When who has not come to an end is stranded.</summary>
    internal OutageLimit Limit => away.StoppedAt is { } since ? _anew ??= OutageLimit.Of(since, broken.Max(one => one.Trace.Opened.Request.MaxOutage)) : limit;

    /// <summary>A report for each, in order, once an attempt has succeeded.</summary>
    internal IReadOnlyList<HandoverReport> Reports { get; private set; } = [];

    /// <summary>One attempt: decides, acts, closes the journals.</summary>
    /// <returns>What stood in the way; null when all are ended.</returns>
    internal async Task<Obstacle?> TryAsync()
    {
        var settled = new Settled[broken.Count];
        Obstacle? obstacle = null;
        // Those that need libvirt away before the others, which can do without.
        var left = broken.Count;
        foreach (var (index, one, trace) in broken.Select((one, index) => (Index: index, One: one, one.Trace)).OrderBy(each => each.Trace.Committed is null).ToList())
        {
            try
            {
                settled[index] = new Settled(one, trace, await SettleAsync(one, trace, left--).ConfigureAwait(false));
            }
            catch (StandsStillException refusal) when (IsTimeUp(one))
            {
                settled[index] = new Settled(one, trace, StandsStill(trace, refusal));
            }
            catch (Exception exception) when (IsItsOwn(exception))
            {
                // Not the end of the attempt: the other guests are not to stand still for as long as this one cannot be helped.
                if (!Limit.IsUp)
                    obstacle ??= new Obstacle(trace, one.Journal.Path, exception);
                else if (await TryStrandAsync(one, exception).ConfigureAwait(false) is { } stranded)
                    settled[index] = new Settled(one, trace, stranded);
                else
                    obstacle = new Obstacle(trace, one.Journal.Path, exception);
            }
        }

        return obstacle ?? await ReturnAsync(settled).ConfigureAwait(false);
    }

    // Whatever a QEMU answers is the matter of its VM: an answer that nobody expected must not end the recovery of all others.
    private static bool IsItsOwn(Exception exception) => HandoverRun.IsFailure(exception) || exception is OperationCanceledException;

    /// <summary>True when libvirt is not to stay away any longer because of it. Who starts libvirt right now waits for nobody.</summary>
    private bool IsTimeUp(BrokenHandover one)
    {
        var since = _refusedSince.GetValueOrDefault(one);
        if (since == 0)
            _refusedSince[one] = since = TimeProvider.System.GetTimestamp();
        return away.Return == DaemonReturn.Awaited || Limit.IsUp || TimeProvider.System.GetElapsedTime(since) >= Limits.Revival;
    }

    // The guest is whole, in one process, and paused: libvirt may see that, and its 'resume' is the same 'cont'.
    private static Recovered StandsStill(HandoverTrace trace, StandsStillException refusal) => new(
        HandoverOutcome.Stranded,
        $"VM {trace.Opened.Name} is paused in the old QEMU, which cannot open its disks again: {refusal.Message} Nothing of it is lost; make them accessible to it as libvirt had set them, then continue it with 'virsh resume {trace.Opened.Name}'. Do not destroy or reset it.")
    {
        IsAwaited = trace.Quiescing is not null,
    };

    /// <summary>The end without an answer of its QEMU, for one that did not come to another in time.</summary>
    /// <returns>Null when it must not be left like that.</returns>
    private async Task<Recovered?> TryStrandAsync(BrokenHandover one, Exception fault)
    {
        // An attempt may have revoked a commit.
        var trace = one.Trace;
        try
        {
            if (trace.Committed is not null)
                Freeze(trace);
            // Where libvirt runs, it has the VM in its sight and waits for it as for any that does not answer.
            if (trace.Quiescing is not { } quiescing || !await away.TryBeginAsync(quiescing.Daemon).ConfigureAwait(false))
                return new Recovered(HandoverOutcome.Stranded, Stranding.Sentence(trace, fault.Message));
            return new Recovered(HandoverOutcome.Stranded, Stranding.Sentence(trace, fault.Message, _stranding.Hide(trace)));
        }
        catch (Exception exception) when (HandoverRun.IsFailure(exception))
        {
            return null;
        }
    }

    private static void Freeze(HandoverTrace trace)
    {
        using var source = ProcessHandle.TryOpen(trace.Opened.Source);
        source?.Freeze();
    }

    private async Task<Obstacle?> ReturnAsync(IReadOnlyList<Settled> settled)
    {
        var current = settled[0];
        try
        {
            await away.EndAsync().ConfigureAwait(false);
            foreach (var one in settled)
            {
                current = one;
                if (away.Return == DaemonReturn.Started && one.Recovered is { IsAwaited: true })
                    await ConfirmAsync(one).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (HandoverRun.IsFailure(exception))
        {
            return new Obstacle(current.Trace, current.Broken.Journal.Path, exception);
        }

        Reports = [.. settled.Select(Close)];
        return null;
    }

    private async Task<Recovered?> SettleAsync(BrokenHandover one, HandoverTrace trace, int left)
    {
        // When its QEMU has had its time; asked for when that begins, because a daemon may have to be stopped first.
        long Until() => Limit.Share(left);

        var action = RecoveryDecision.Decide(trace, Observe(trace));
        if (trace.IsHidden)
        {
            if (action is RecoveryAction.ReportReboot or RecoveryAction.ReportLoss)
            {
                await _stranding.ForgetAsync(trace).ConfigureAwait(false);
            }
            else
            {
                // libvirt reads it only when it starts.
                await away.BeginAsync(trace.Quiescing?.Daemon).ConfigureAwait(false);
                await _stranding.PutBackAsync(trace).ConfigureAwait(false);
            }
        }

        return await SettleAsync(one, trace, action, Until).ConfigureAwait(false);
    }

    private async Task<Recovered?> SettleAsync(BrokenHandover one, HandoverTrace trace, RecoveryAction action, Func<long> until) => action switch
    {
        RecoveryAction.Nothing => null,
        RecoveryAction.ReportReboot => new Recovered(
            HandoverOutcome.Undone, $"The host was started anew during the handover of VM {trace.Opened.Name}: no process of it is left, and libvirt knows what runs now."),
        RecoveryAction.DropTarget => await DropAsync(trace).ConfigureAwait(false),
        RecoveryAction.ResumeSource => await SourceRecovery.RunAsync(trace, away, until).ConfigureAwait(false),
        RecoveryAction.GoForward => await ForwardRecovery.RunAsync(trace, one.Journal, away, until).ConfigureAwait(false),
        _ => await LossRecovery.RunAsync(trace, away, until).ConfigureAwait(false),
    };

    private HandoverReport Close(Settled settled)
    {
        if (settled.Recovered is not { } recovered)
            return settled.Trace.Report!;
        var trace = settled.Trace;
        var report = new HandoverReport
        {
            Id = trace.Opened.Request.Id,
            Domain = trace.Opened.Request.Domain,
            Name = trace.Opened.Name,
            Outcome = recovered.Outcome,
            Sentence = $"{recovered.Sentence} ({settled.Broken.Cause.TrimEnd('.')}.)",
            From = trace.Opened.Request.From,
            To = trace.Opened.Request.To,
            Method = trace.Target?.Method,
            Findings = recovered.Warnings,
            StartedAt = trace.Opened.At,
            // A guest that was lost did not pause.
            PauseMicroseconds = recovered.IsAwaited ? (long)trace.PauseUntil(recovered.At).TotalMicroseconds : 0,
            TotalMicroseconds = (long)(TimeProvider.System.GetUtcNow() - trace.Opened.At).TotalMicroseconds,
            OutageMicroseconds = (long)away.LengthFor(trace).TotalMicroseconds,
        };
        settled.Broken.Journal.Close(report, TimeProvider.System.GetUtcNow());
        return report;
    }

    // libvirt is there for all others by now. One that it does not get to answer is not to keep whoever waits for this, and its queue, for ever.
    private async Task ConfirmAsync(Settled one)
    {
        var trace = one.Trace;
        try
        {
            await LibvirtConfirmation.WaitAsync(trace.Opened.Request.Domain, trace.Opened.Name).ConfigureAwait(false);
        }
        catch (HandoverException exception) when (!_unconfirmed.Add(trace.Opened.Request.Id))
        {
            if (!await LibvirtConfirmation.IsThereAsync().ConfigureAwait(false))
                throw;
            one.Recovered = new Recovered(HandoverOutcome.Stranded, Stranding.Sentence(trace, exception.Message));
        }
    }

    /// <summary>What is true now of the processes that a journal names.</summary>
    internal static ObservedWorld Observe(HandoverTrace trace) => new(
        trace.Opened.Boot == HostBoot.Id,
        Lives(trace.Opened.Source),
        trace.Target is { } target && Lives(target.Target));

    private static bool Lives(ProcessIdentity process)
    {
        using var handle = ProcessHandle.TryOpen(process);
        return handle is { HasExited: false };
    }

    private static async Task<Recovered> DropAsync(HandoverTrace trace)
    {
        await TargetEnd.RunAsync(trace).ConfigureAwait(false);
        return new Recovered(HandoverOutcome.Undone, $"VM {trace.Opened.Name} runs on the old QEMU; it was not touched.");
    }

    /// <summary>A VM that is in a state that is right, but for libvirt.</summary>
    private sealed record Settled(BrokenHandover Broken, HandoverTrace Trace, Recovered? Recovered)
    {
        public Recovered? Recovered { get; set; } = Recovered;
    }
}
