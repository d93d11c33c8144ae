using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover;

/// <summary>Ends what a keeper left unfinished: reads its journal, looks at the processes, and takes the one safe action.</summary>
public static class HandoverRecovery
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    /// <summary>Recovers one handover; waits for its keeper if that still lives, and tries until the VM is in a state that is right.</summary>
    /// <param name="journals">The directory of journals.</param>
    /// <param name="id">The handover's number.</param>
    /// <param name="alarm">Is given a sentence for the administrator after each attempt that failed.</param>
    /// <param name="cancellationToken">Stops waiting and trying; the next recovery goes on.</param>
    /// <returns>How the handover ended; null when it was never begun, so that nothing was changed.</returns>
    /// <exception cref="LinuxException">Its journal cannot be read or written.</exception>
    public static async Task<HandoverReport?> RecoverAsync(string journals, long id, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (HandoverJournal.TryOpen(journals, id) is { } journal)
            {
                using (journal)
                    return await RecoverAsync(journal, alarm, cancellationToken).ConfigureAwait(false);
            }

            await Task.Delay(LockPoll, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<HandoverReport?> RecoverAsync(HandoverJournal journal, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        var entries = HandoverJournal.Read(journal.Path);
        // One that was refused has a report and no beginning.
        if (entries.OfType<JournalEntry.Closed>().LastOrDefault() is { } closed)
            return closed.Report;
        return HandoverTrace.Of(entries) is { } trace
            ? await InsistAsync(journal, trace, "The handover was interrupted.", null, alarm, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>
    /// The gate: returns when a libvirt daemon may start. Waits for a handover that keeps it down, and ends one whose keeper is dead.
    /// </summary>
    /// <param name="journals">The directory of journals.</param>
    /// <param name="told">Is given a sentence on whatever takes time.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="GateException">A dead handover could not be ended: the daemon must not start, it might end the VM.</exception>
    public static async Task OpenGateAsync(string journals, IProgress<string> told, CancellationToken cancellationToken)
    {
        foreach (var id in HandoverJournal.Unfinished(journals))
        {
            var path = HandoverJournal.FileName(journals, id);
            using var journal = await TakeAsync(journals, id, told, cancellationToken).ConfigureAwait(false);
            if (journal is null || HandoverTrace.Of(HandoverJournal.Read(path)) is not { Report: null } trace)
                continue;
            told.Report($"The handover of VM {trace.Opened.Name} was interrupted; it is brought to an end before libvirt starts.");
            try
            {
                var report = await EndAsync(
                    journal, trace, "It was interrupted, and ended when libvirt was started.", new LibvirtAway(null, DaemonReturn.Awaited)).ConfigureAwait(false);
                told.Report(report.Sentence);
            }
            catch (Exception exception) when (HandoverRun.IsExpected(exception))
            {
                throw new GateException(
                    $"libvirt must not start yet: an interrupted handover of VM {trace.Opened.Name} cannot be brought to an end: {exception.Message} Look at the processes {trace.Opened.Source.ProcessId} (old QEMU) and {trace.Target?.Target.ProcessId} (new QEMU); start libvirt again when the cause is gone. The journal is {path}.",
                    exception);
            }
        }
    }

    /// <returns>The journal of a dead handover; null when a living one does not mind libvirt's start, or has ended.</returns>
    private static async Task<HandoverJournal?> TakeAsync(string journals, long id, IProgress<string> told, CancellationToken cancellationToken)
    {
        var waits = false;
        var paths = new LibvirtPaths();
        while (true)
        {
            if (HandoverJournal.TryOpen(journals, id) is { } journal)
                return journal;
            // The keeper lives. It wants libvirt to start, or has not stopped it, unless it has libvirt's lock.
            if (FileLock.Holder(paths.DriverPidFile) is null)
                return null;
            if (!waits)
                told.Report("A handover is at work, in which libvirt may not run; its start waits for the end of it.");
            waits = true;
            await Task.Delay(LockPoll, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tries until the VM is in a state that is right, and says so in the journal.</summary>
    internal static async Task<HandoverReport> InsistAsync(
        HandoverJournal journal, HandoverTrace trace, string cause, DaemonHold? hold, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        var away = new LibvirtAway(hold, DaemonReturn.Started);
        var told = "";
        while (true)
        {
            try
            {
                return await EndAsync(journal, trace, cause, away).ConfigureAwait(false);
            }
            catch (Exception exception) when (HandoverRun.IsExpected(exception))
            {
                var sentence =
                    $"The handover of VM {trace.Opened.Name} could not be brought to an end yet: {exception.Message} It is tried again until it can; look with 'virsh domstate {trace.Opened.Name}' and at the processes {trace.Opened.Source.ProcessId} (old QEMU) and {trace.Target?.Target.ProcessId} (new QEMU), and do not start the VM a second time. The journal is {journal.Path}.";
                if (sentence != told)
                    alarm.Report(told = sentence);
            }

            await Task.Delay(RetryPause, cancellationToken).ConfigureAwait(false);
            // The attempt may have revoked the commit.
            trace = HandoverTrace.Of(HandoverJournal.Read(journal.Path)) ?? trace;
        }
    }

    /// <summary>One attempt: decides, acts, closes the journal.</summary>
    private static async Task<HandoverReport> EndAsync(HandoverJournal journal, HandoverTrace trace, string cause, LibvirtAway away)
    {
        var recovered = RecoveryDecision.Decide(trace, Observe(trace)) switch
        {
            RecoveryAction.Nothing => null,
            RecoveryAction.ReportReboot => new Recovered(
                HandoverOutcome.Undone, $"The host was started anew during the handover of VM {trace.Opened.Name}: no process of it is left, and libvirt knows what runs now."),
            RecoveryAction.DropTarget => Drop(trace),
            RecoveryAction.ResumeSource => await SourceRecovery.RunAsync(trace, away).ConfigureAwait(false),
            RecoveryAction.GoForward => await ForwardRecovery.RunAsync(trace, journal, away).ConfigureAwait(false),
            _ => await LossRecovery.RunAsync(trace, away).ConfigureAwait(false),
        };
        if (recovered is null)
            return trace.Report!;
        var report = Report(trace, cause, recovered);
        journal.Close(report, TimeProvider.System.GetUtcNow());
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

    private static Recovered Drop(HandoverTrace trace)
    {
        TargetEnd.Run(trace);
        return new Recovered(HandoverOutcome.Undone, $"VM {trace.Opened.Name} runs on the old QEMU; it was not touched.");
    }

    private static HandoverReport Report(HandoverTrace trace, string cause, Recovered recovered) => new()
    {
        Id = trace.Opened.Request.Id,
        Domain = trace.Opened.Request.Domain,
        Name = trace.Opened.Name,
        Outcome = recovered.Outcome,
        Sentence = $"{recovered.Sentence} ({cause.TrimEnd('.')}.)",
        From = trace.Opened.Request.From,
        To = trace.Opened.Request.To,
        Method = trace.Target?.Method,
        Findings = recovered.Warnings,
        StartedAt = trace.Opened.At,
        TotalMicroseconds = (long)(TimeProvider.System.GetUtcNow() - trace.Opened.At).TotalMicroseconds,
    };
}
