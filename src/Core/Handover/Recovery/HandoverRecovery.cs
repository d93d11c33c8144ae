using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;

namespace VirtHandover.Handover;

/// <summary>Ends what a keeper left unfinished: reads its journal, looks at the processes, and takes the one safe action.</summary>
public static class HandoverRecovery
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>Recovers one handover; waits for its keeper if that still lives.</summary>
    /// <param name="journals">The directory of journals.</param>
    /// <param name="id">The handover's number.</param>
    /// <param name="cancellationToken">Stops waiting for a living keeper.</param>
    /// <returns>How the handover ended; null when it was never begun, so that nothing was changed.</returns>
    /// <exception cref="LinuxException">Its journal cannot be read or written.</exception>
    public static async Task<HandoverReport?> RecoverAsync(string journals, long id, CancellationToken cancellationToken)
    {
        var path = HandoverJournal.FileName(journals, id);
        while (true)
        {
            // A keeper that raised an alarm after its report may live, and hold the lock, for long.
            if (HandoverJournal.Read(path).OfType<JournalEntry.Closed>().LastOrDefault() is { } closed)
                return closed.Report;
            if (HandoverJournal.TryOpen(journals, id) is { } journal)
            {
                using (journal)
                    return await RecoverAsync(journals, journal).ConfigureAwait(false);
            }

            await Task.Delay(LockPoll, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<HandoverReport?> RecoverAsync(string journals, HandoverJournal journal)
    {
        if (HandoverTrace.Of(HandoverJournal.Read(journal.Path)) is not { } trace)
            return null;
        var action = RecoveryDecision.Decide(trace, Observe(trace));
        return action == RecoveryAction.Nothing ? trace.Report : await ActAsync(journals, journal, trace, action).ConfigureAwait(false);
    }

    private static ObservedWorld Observe(HandoverTrace trace) => new(
        trace.Opened.Boot == HostBoot.Id,
        Lives(trace.Opened.Source),
        trace.Target is { } target && Lives(target.Target));

    private static bool Lives(Linux.Proc.ProcessIdentity process)
    {
        using var handle = ProcessHandle.TryOpen(process);
        return handle is { HasExited: false };
    }

    private static async Task<HandoverReport> ActAsync(string journals, HandoverJournal journal, HandoverTrace trace, RecoveryAction action)
    {
        HandoverReport report;
        try
        {
            report = action switch
            {
                RecoveryAction.ReportReboot => Report(trace, HandoverOutcome.Undone,
                    $"The host was started anew during the handover of VM {trace.Opened.Name}; no process of it is left, and libvirt knows what runs now."),
                RecoveryAction.DropTarget => Drop(trace),
                RecoveryAction.ResumeSource => await SourceRecovery.RunAsync(trace).ConfigureAwait(false),
                RecoveryAction.GoForward => await ForwardRecovery.RunAsync(trace).ConfigureAwait(false),
                _ => await LossAsync(trace).ConfigureAwait(false),
            };
        }
        catch (Exception exception) when (HandoverRun.IsExpected(exception))
        {
            report = Report(trace, HandoverOutcome.Stranded,
                $"The handover of VM {trace.Opened.Name} was interrupted and could not be brought to an end: {exception.Message} Look with 'virsh domstate {trace.Opened.Name}' and at processes {trace.Opened.Source.ProcessId} (old QEMU) and {trace.Target?.Target.ProcessId} (new QEMU); the journal is {journals}/{trace.Opened.Request.Id}.journal.");
        }

        journal.Write(new JournalEntry.Closed(report) { At = TimeProvider.System.GetUtcNow() });
        return report;
    }

    private static HandoverReport Drop(HandoverTrace trace)
    {
        KillTarget(trace);
        return Report(trace, HandoverOutcome.Undone,
            $"The handover of VM {trace.Opened.Name} was interrupted before the guest was touched; it runs on the old QEMU.");
    }

    private static async Task<HandoverReport> LossAsync(HandoverTrace trace)
    {
        KillTarget(trace);
        using (var source = ProcessHandle.TryOpen(trace.Opened.Source))
            source?.Kill();
        await StartDaemonAsync(trace).ConfigureAwait(false);
        return Report(trace, HandoverOutcome.Stranded, trace.Committed is null
            ? $"The old QEMU of VM {trace.Opened.Name} died by itself during the handover, before the guest was the new one's; the VM has crashed. Start it with 'virsh start {trace.Opened.Name}'."
            : $"The new QEMU of VM {trace.Opened.Name} died right after it had taken the guest over; the VM has crashed. Start it with 'virsh start {trace.Opened.Name}'.");
    }

    internal static void KillTarget(HandoverTrace trace)
    {
        if (trace.Target is not { } started)
            return;
        using var target = ProcessHandle.TryOpen(started.Target);
        if (target is not null)
        {
            target.Kill();
            _ = target.WaitForExit(Limits.ProcessEnd);
        }

        File.Delete(started.MonitorPath);
    }

    /// <summary>Starts libvirt's daemon if none runs and this handover had stopped it.</summary>
    internal static async Task StartDaemonAsync(HandoverTrace trace)
    {
        if (trace.Quiescing is { } quiescing && await LibvirtDaemon.FindAsync(new LibvirtPaths()).ConfigureAwait(false) is null)
            await DaemonStart.RunAsync(quiescing.Daemon, [], CancellationToken.None).ConfigureAwait(false);
    }

    internal static HandoverReport Report(HandoverTrace trace, HandoverOutcome outcome, string sentence) => new()
    {
        Id = trace.Opened.Request.Id,
        Domain = trace.Opened.Request.Domain,
        Name = trace.Opened.Name,
        Outcome = outcome,
        Sentence = sentence,
        Method = trace.Target?.Method,
        StartedAt = trace.Opened.At,
        TotalMicroseconds = (long)(TimeProvider.System.GetUtcNow() - trace.Opened.At).TotalMicroseconds,
    };
}
