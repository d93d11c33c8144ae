using Serilog;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Logging;

namespace VirtHandover.Handover;

/// <summary>
/// Ends what a keeper left unfinished: reads its journals, looks at the processes, takes the one safe action for each VM, and lets
/// libvirt come back when all of them are in a state that is right.
/// </summary>
public static class HandoverRecovery
{
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);
    private const string Overdue =
        "A handover kept libvirt away for longer than it may and did not end it itself; its process was ended, and the handover is brought to an end.";
    private static readonly TimeSpan GatePause = TimeSpan.FromMilliseconds(200);

    /// <summary>Recovers one handover and those that ran with it; waits for their keeper if that still lives, and tries until each VM is in a state that is right.</summary>
    /// <param name="journals">The directory of journals.</param>
    /// <param name="id">The handover's number.</param>
    /// <param name="alarm">Is given a sentence for the administrator after each attempt that failed.</param>
    /// <param name="log">The log.</param>
    /// <param name="cancellationToken">Stops waiting and trying; the next recovery goes on.</param>
    /// <returns>How the handover ended; null when it was never begun, so that nothing was changed.</returns>
    /// <exception cref="LinuxException">Its journal cannot be read or written.</exception>
    public static async Task<HandoverReport?> RecoverAsync(
        string journals, long id, IProgress<string> alarm, ILogger log, CancellationToken cancellationToken) =>
        (await RecoverTogetherAsync(journals, id, alarm, log, cancellationToken).ConfigureAwait(false)).GetValueOrDefault(id);

    /// <summary>The same, with what became of those that ran with it.</summary>
    /// <returns>How each handover ended that this recovery ended or asked about, by number; one that was never begun is missing.</returns>
    internal static async Task<IReadOnlyDictionary<long, HandoverReport>> RecoverTogetherAsync(
        string journals, long id, IProgress<string> alarm, ILogger log, CancellationToken cancellationToken)
    {
        // Whoever asks may make numbers up; no file is made for them.
        if (!File.Exists(HandoverJournal.FileName(journals, id)))
            return new Dictionary<long, HandoverReport>();
        var overdue = new OverdueKeeper(journals);
        while (true)
        {
            using (var group = JournalGroup.TryTake(journals, id))
            {
                if (group is not null)
                {
                    var reports = (await EndAsync(group, alarm, log, cancellationToken).ConfigureAwait(false)).ToDictionary(report => report.Id);
                    // One that was refused has a report and no beginning.
                    if (!reports.ContainsKey(id) && HandoverJournal.Read(HandoverJournal.FileName(journals, id)).OfType<JournalEntry.Closed>().LastOrDefault() is { } closed)
                        reports.Add(id, closed.Report);
                    return reports;
                }
            }

            if (overdue.TryEnd(id))
                alarm.Report(Overdue);
            await Task.Delay(LockPoll, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for every handover that is at work, and ends those whose keeper is dead: afterwards none is between its two QEMUs.</summary>
    /// <param name="journals">The directory of journals.</param>
    /// <param name="told">Is given a sentence on whatever takes time, and after each attempt that failed.</param>
    /// <param name="log">The log.</param>
    /// <param name="cancellationToken">Stops waiting and trying; the next recovery goes on.</param>
    /// <exception cref="LinuxException">A journal cannot be read or written.</exception>
    public static async Task EndAllAsync(string journals, IProgress<string> told, ILogger log, CancellationToken cancellationToken)
    {
        foreach (var id in NotEnded(journals))
        {
            var trace = HandoverTrace.Of(HandoverJournal.Read(HandoverJournal.FileName(journals, id)));
            told.Report($"The handover of VM {trace?.Opened.Name ?? "(not known yet)"} has not ended; its end is awaited.");
            if (await RecoverAsync(journals, id, told, log, cancellationToken).ConfigureAwait(false) is { } report)
                told.Report(report.Sentence);
        }
    }

    /// <summary>The handovers that have begun and not ended, and those that are about to begin: their journals are locked, because keepers have been started.</summary>
    /// <param name="journals">The directory of journals.</param>
    /// <returns>Their numbers, the oldest first.</returns>
    /// <exception cref="LinuxException">A journal cannot be read.</exception>
    internal static IEnumerable<long> NotEnded(string journals)
    {
        foreach (var id in HandoverJournal.Open(journals))
        {
            if (HandoverTrace.Of(HandoverJournal.Read(HandoverJournal.FileName(journals, id))) is null && HandoverJournal.TryOpen(journals, id) is { } idle)
                idle.Dispose();
            else
                yield return id;
        }
    }

    /// <summary>
    /// The gate: returns when a libvirt daemon may start. Waits for handovers that keep it down, and ends those whose keeper is dead.
    /// </summary>
    /// <param name="journals">The directory of journals.</param>
    /// <param name="log">The log: it says what takes time.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="GateException">A dead handover could not be ended: the daemon must not start, it might end the VM.</exception>
    public static async Task OpenGateAsync(string journals, ILogger log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(log);
        foreach (var id in HandoverJournal.Unfinished(journals))
        {
            using var group = await TakeAsync(journals, id, log, cancellationToken).ConfigureAwait(false);
            if (group?.Unfinished is not { Count: > 0 } left)
                continue;
            var broken = left.Select(journal => new BrokenHandover(journal, "It was interrupted, and ended when libvirt was started.")).ToList();
            foreach (var opened in broken.Select(one => one.Trace.Opened))
            {
                log.ForContext(new About(MessageKind.HandoverRecovered) { Domain = opened.Name, Uuid = opened.Request.Domain, Id = opened.Request.Id })
                    .Warning("The handover of VM {Domain} was interrupted; it is brought to an end before libvirt starts.", opened.Name);
            }

            var ending = new GroupEnding(broken, new LibvirtAway(null, DaemonReturn.Awaited, log));
            if (await TryToTheEndAsync(ending, cancellationToken).ConfigureAwait(false) is { } obstacle)
            {
                throw new GateException(
                    $"libvirt must not start yet: an interrupted handover of VM {obstacle.Trace.Opened.Name} cannot be brought to an end: {obstacle.Fault.Message} Look at the processes {obstacle.Trace.Opened.Source.ProcessId} (old QEMU) and {obstacle.Trace.Target?.Target.ProcessId} (new QEMU); start libvirt again when the cause is gone. The journal is {obstacle.Journal}.",
                    obstacle.Fault);
            }

            foreach (var report in ending.Reports)
            {
                log.ForContext(new About(MessageKind.HandoverRecovered) { Domain = report.Name, Uuid = report.Domain, Id = report.Id })
                    .Warning("{Sentence}", report.Sentence);
            }
        }
    }

    /// <returns>What keeps a VM from any end, also from being stranded; null when all are ended.</returns>
    private static async Task<Obstacle?> TryToTheEndAsync(GroupEnding ending, CancellationToken cancellationToken)
    {
        while (true)
        {
            var isLast = ending.Limit.IsUp;
            var obstacle = await ending.TryAsync().ConfigureAwait(false);
            if (obstacle is null || isLast)
                return obstacle;
            await Task.Delay(ending.Limit.Cap(GatePause), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends what is unfinished of a group.</summary>
    /// <returns>What it did, as it knows itself: its journals may not be writable, and would then tell of something else.</returns>
    internal static async Task<IReadOnlyList<HandoverReport>> EndAsync(
        JournalGroup group, IProgress<string> alarm, ILogger log, CancellationToken cancellationToken) =>
        group.Unfinished is { Count: > 0 } left
            ? await InsistAsync(
                [.. left.Select(journal => new BrokenHandover(journal, "The handover was interrupted."))],
                new LibvirtAway(null, DaemonReturn.Started, log),
                alarm,
                cancellationToken).ConfigureAwait(false)
            : [];

    /// <returns>The journals of a dead keeper; null when a living one does not mind libvirt's start, or has ended.</returns>
    private static async Task<JournalGroup?> TakeAsync(string journals, long id, ILogger log, CancellationToken cancellationToken)
    {
        var waits = false;
        var told = log.ForContext(new About(MessageKind.LibvirtWaits) { Id = id });
        var paths = new LibvirtPaths();
        var overdue = new OverdueKeeper(journals);
        while (true)
        {
            if (JournalGroup.TryTake(journals, id) is { } group)
                return group;
            // The keeper lives. It wants libvirt to start, or has not stopped it, unless it has libvirt's lock.
            if (FileLock.Holder(paths.DriverPidFile) is null)
                return null;
            if (!waits)
                told.Warning("A handover is at work, in which libvirt may not run; its start waits for the end of it.");
            waits = true;
            if (overdue.TryEnd(id))
                told.Warning(Overdue);
            await Task.Delay(LockPoll, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tries until all VMs are in a state that is right, and says so in their journals.</summary>
    /// <returns>A report for each, in the same order.</returns>
    internal static async Task<IReadOnlyList<HandoverReport>> InsistAsync(
        IReadOnlyList<BrokenHandover> broken, LibvirtAway away, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        var told = "";
        var ending = new GroupEnding(broken, away);
        while (await ending.TryAsync().ConfigureAwait(false) is { } obstacle)
        {
            var sentence =
                $"The handover of VM {obstacle.Trace.Opened.Name} could not be brought to an end yet: {obstacle.Fault.Message} It is tried again until it can; look with 'virsh domstate {obstacle.Trace.Opened.Name}' and at the processes {obstacle.Trace.Opened.Source.ProcessId} (old QEMU) and {obstacle.Trace.Target?.Target.ProcessId} (new QEMU), and do not start the VM a second time. The journal is {obstacle.Journal}.";
            if (sentence != told)
                alarm.Report(told = sentence);
            // The last attempt is not to come later than it must.
            await Task.Delay(ending.Limit.IsUp ? RetryPause : ending.Limit.Cap(RetryPause), cancellationToken).ConfigureAwait(false);
        }

        return ending.Reports;
    }
}
