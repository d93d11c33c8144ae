using Serilog;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover;

/// <summary>The administrator's way out for VMs that were taken out of libvirt's sight because they did not come to an end in time.</summary>
/// <param name="journals">The directory of journals.</param>
/// <param name="paths">Where libvirt's files are.</param>
public sealed class StrandedVms(string journals, LibvirtPaths paths)
{
    /// <summary>The command that settles one, as an administrator types it.</summary>
    public const string Settle = Stranding.Settle;

    private readonly Stranding _stranding = new(paths);

    /// <summary>Their names, the oldest first; of those whose processes have ended, too, as long as nobody has settled them.</summary>
    public IReadOnlyList<string> Names => [.. All().Select(one => one.Trace.Opened.Name)];

    /// <summary>
    /// Gives a VM back to libvirt if its QEMU answers again, by the same recovery that would have ended its handover; libvirt is away for a moment.
    /// One whose processes have ended is forgotten, so that it may be started again.
    /// </summary>
    /// <param name="vm">Its name or UUID.</param>
    /// <param name="kill">Its processes are ended first: what its guest has not written is lost.</param>
    /// <param name="told">Is given a sentence on whatever takes time.</param>
    /// <param name="log">The log.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>The domain's UUID, and a sentence: what it is now.</returns>
    /// <exception cref="SettlementException">It is not stranded, or still does not answer, or libvirt must not be stopped now.</exception>
    /// <exception cref="LinuxException">A journal cannot be read or written.</exception>
    public async Task<(Guid Domain, string Sentence)> SettleAsync(
        string vm, bool kill, IProgress<string> told, ILogger log, CancellationToken cancellationToken)
    {
        var id = Find(vm);
        using var journal = HandoverJournal.TryOpen(journals, id)
            ?? throw new SettlementException($"VM {vm} is being settled by another process.");
        // The one that was settled in this moment is stranded no longer.
        var trace = All().FirstOrDefault(one => one.Id == id).Trace ?? throw Unknown(vm);
        var domain = trace.Opened.Request.Domain;
        try
        {
            if (kill)
                await EndAsync(trace).ConfigureAwait(false);
            if (!Lives(trace) || RecoveryDecision.Decide(trace with { Report = null }, GroupEnding.Observe(trace)) is RecoveryAction.ReportLoss)
            {
                await EndAsync(trace).ConfigureAwait(false);
                await _stranding.ForgetAsync(trace).ConfigureAwait(false);
                return (domain, $"VM {trace.Opened.Name} has ended: no process of it is left, libvirt shows it as shut off and may start it again.");
            }

            await RequireAnswerAsync(trace).ConfigureAwait(false);
            await RequireStoppableAsync(paths).ConfigureAwait(false);
        }
        catch (Exception exception) when (HandoverRun.IsFailure(exception))
        {
            throw new SettlementException($"VM {trace.Opened.Name} stays out of libvirt's sight; nothing was changed. {exception.Message.TrimEnd('.')}.", exception);
        }

        journal.Write(new JournalEntry.Reopened { At = TimeProvider.System.GetUtcNow() });
        var reports = await HandoverRecovery.EndAsync(new JournalGroup([journal]), told, log, cancellationToken).ConfigureAwait(false);
        return reports is [{ Outcome: not HandoverOutcome.Stranded } report] ? (domain, report.Sentence) : throw new SettlementException(reports[0].Sentence);
    }

    /// <summary>True while a process of a VM lives.</summary>
    internal static bool Lives(HandoverTrace trace) => GroupEnding.Observe(trace) is { SameBoot: true } and ({ SourceAlive: true } or { TargetAlive: true });

    // One whose journal is open again is being settled.
    private IEnumerable<(long Id, HandoverTrace Trace)> All() => _stranding.Hidden(journals).Where(one => one.Trace.Report is not null);

    private long Find(string vm) => All().Where(one => one.Trace.Opened.Name == vm || one.Trace.Opened.Request.Domain.ToString() == vm).ToList() switch
    {
        [var (id, _)] => id,
        [] => throw Unknown(vm),
        _ => throw new SettlementException($"Several stranded VMs are called {vm}; give the UUID."),
    };

    private SettlementException Unknown(string vm) => new(Names is { Count: > 0 } names
        ? $"No VM {vm} is out of libvirt's sight; these are: {string.Join(", ", names)}."
        : $"No VM {vm} is out of libvirt's sight, and no other either.");

    /// <summary>Ends both, and whatever the handover has left beside them.</summary>
    private static async Task EndAsync(HandoverTrace trace)
    {
        if (trace.Opened.Boot != HostBoot.Id)
            return;
        await TargetEnd.RunAsync(trace).ConfigureAwait(false);
        ForcedEnd.Of(trace.Opened.Source, "old");
    }

    // Asked while libvirt is there for all others: one that is still mute is to cost them nothing.
    private static async Task RequireAnswerAsync(HandoverTrace trace)
    {
        if (trace.Committed is not null)
        {
            await ForwardRecovery.RequireAnswerAsync(trace, Limits.Answer).ConfigureAwait(false);
            return;
        }

        using var source = ProcessHandle.TryOpen(trace.Opened.Source)
            ?? throw new HandoverException($"The old QEMU (process {trace.Opened.Source.ProcessId}) has ended.");
        source.Thaw();
        using var monitor = await SourceMonitor.ConnectAsync(trace.Opened.MonitorPath, source, trace.Opened.Name, Limits.Answer).ConfigureAwait(false);
        _ = await monitor.QueryStatusAsync().ConfigureAwait(false);
    }

    private static async Task RequireStoppableAsync(LibvirtPaths paths)
    {
        // Where no daemon runs, there is nothing to stop.
        if (await LibvirtDaemon.FindAsync(paths).ConfigureAwait(false) is not { } daemon)
            return;
        await using var libvirt = await LibvirtConnection.OpenAsync(
            LibvirtConnection.SystemUri, Limits.DaemonStart, CancellationToken.None).ConfigureAwait(false);
        await QuiescePhase.RequireNoJobsAsync(libvirt, paths).ConfigureAwait(false);
        var because = await ReconnectNeeds.MissingAsync(paths, libvirt).ConfigureAwait(false) ?? await daemon.ObstacleAsync().ConfigureAwait(false);
        if (because is not null)
            throw new HandoverException($"libvirt is not stopped now, because {because}.");
    }
}
