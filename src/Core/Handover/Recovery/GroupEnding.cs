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
internal sealed class GroupEnding(IReadOnlyList<BrokenHandover> broken, LibvirtAway away)
{
    private readonly Dictionary<BrokenHandover, long> _refusedSince = new(ReferenceEqualityComparer.Instance);

    /// <summary>A report for each, in order, once an attempt has succeeded.</summary>
    internal IReadOnlyList<HandoverReport> Reports { get; private set; } = [];

    /// <summary>One attempt: decides, acts, closes the journals.</summary>
    /// <returns>What stood in the way; null when all are ended.</returns>
    internal async Task<Obstacle?> TryAsync()
    {
        var settled = new Settled[broken.Count];
        Obstacle? obstacle = null;
        // Those that need libvirt away before the others, which can do without.
        foreach (var (index, one, trace) in broken.Select((one, index) => (Index: index, One: one, one.Trace)).OrderBy(each => each.Trace.Committed is null).ToList())
        {
            try
            {
                settled[index] = new Settled(one, trace, await SettleAsync(one, trace).ConfigureAwait(false));
            }
            catch (StandsStillException refusal) when (IsTimeUp(one))
            {
                settled[index] = new Settled(one, trace, StandsStill(trace, refusal));
            }
            catch (Exception exception) when (HandoverRun.IsExpected(exception))
            {
                // Not the end of the attempt: the other guests are not to stand still for as long as this one cannot be helped.
                obstacle ??= new Obstacle(trace, one.Journal.Path, exception);
            }
        }

        return obstacle ?? await ReturnAsync(settled).ConfigureAwait(false);
    }

    /// <summary>True when libvirt is not to stay away any longer because of it. Who starts libvirt right now waits for nobody.</summary>
    private bool IsTimeUp(BrokenHandover one)
    {
        var since = _refusedSince.GetValueOrDefault(one);
        if (since == 0)
            _refusedSince[one] = since = TimeProvider.System.GetTimestamp();
        return away.Return == DaemonReturn.Awaited || TimeProvider.System.GetElapsedTime(since) >= Limits.Revival;
    }

    // The guest is whole, in one process, and paused: libvirt may see that, and its 'resume' is the same 'cont'.
    private static Recovered StandsStill(HandoverTrace trace, StandsStillException refusal) => new(
        HandoverOutcome.Stranded,
        $"VM {trace.Opened.Name} is paused in the old QEMU, which cannot open its disks again: {refusal.Message} Nothing of it is lost; make them accessible to it as libvirt had set them, then continue it with 'virsh resume {trace.Opened.Name}'. Do not destroy or reset it.")
    {
        IsAwaited = trace.Quiescing is not null,
    };

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
                    await LibvirtConfirmation.WaitAsync(one.Trace.Opened.Request.Domain, one.Trace.Opened.Name).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (HandoverRun.IsExpected(exception))
        {
            return new Obstacle(current.Trace, current.Broken.Journal.Path, exception);
        }

        Reports = [.. settled.Select(Close)];
        return null;
    }

    private async Task<Recovered?> SettleAsync(BrokenHandover one, HandoverTrace trace) => RecoveryDecision.Decide(trace, Observe(trace)) switch
    {
        RecoveryAction.Nothing => null,
        RecoveryAction.ReportReboot => new Recovered(
            HandoverOutcome.Undone, $"The host was started anew during the handover of VM {trace.Opened.Name}: no process of it is left, and libvirt knows what runs now."),
        RecoveryAction.DropTarget => await DropAsync(trace).ConfigureAwait(false),
        RecoveryAction.ResumeSource => await SourceRecovery.RunAsync(trace, away).ConfigureAwait(false),
        RecoveryAction.GoForward => await ForwardRecovery.RunAsync(trace, one.Journal, away).ConfigureAwait(false),
        _ => await LossRecovery.RunAsync(trace, away).ConfigureAwait(false),
    };

    private static HandoverReport Close(Settled settled)
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
        };
        settled.Broken.Journal.Close(report, TimeProvider.System.GetUtcNow());
        return report;
    }

    private static ObservedWorld Observe(HandoverTrace trace) => new(
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
    private sealed record Settled(BrokenHandover Broken, HandoverTrace Trace, Recovered? Recovered);
}
