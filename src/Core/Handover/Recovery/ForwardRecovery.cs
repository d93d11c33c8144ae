using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Recovery;

/// <summary>Ends a handover that stopped after its commit: the guest is the target's.</summary>
internal static class ForwardRecovery
{
    internal static async Task<Recovered> RunAsync(HandoverTrace trace, HandoverJournal journal, LibvirtAway away, Func<long> until)
    {
        using var monitors = MonitorPlace.Of(trace.Opened.MonitorPath, trace.Opened.Request.Id);
        IReadOnlyList<Finding> warnings = [];
        // With everything in place only libvirt is missing, if anything is. It must not be stopped again for that.
        if (!trace.IsInPlace)
        {
            // A daemon that somebody started meanwhile waits on the frozen source's monitor; it has to go before the source does,
            // or it would take the source's end for the VM's and clean up behind it.
            await away.BeginAsync(trace.Quiescing?.Daemon).ConfigureAwait(false);
            warnings = await AdoptAsync(trace, journal, monitors, until()).ConfigureAwait(false);
        }
        else
        {
            _ = await away.TryBeginAsync(trace.Quiescing?.Daemon).ConfigureAwait(false);
        }

        return new Recovered(HandoverOutcome.Done, $"VM {trace.Opened.Name} runs on the new QEMU; libvirt manages it.", warnings) { IsAwaited = true };
    }

    /// <summary>Whether the target answers. Changes nothing, but that it is woken if somebody has stopped it.</summary>
    /// <param name="trace">The handover.</param>
    /// <param name="limit">How long each answer may take.</param>
    /// <exception cref="QmpProtocolException">It does not.</exception>
    internal static async Task RequireAnswerAsync(HandoverTrace trace, TimeSpan limit)
    {
        using var monitors = MonitorPlace.Of(trace.Opened.MonitorPath, trace.Opened.Request.Id);
        var adoption = Of(trace, monitors, long.MaxValue);
        using var target = ProcessHandle.TryOpen(adoption.Target)
            ?? throw new HandoverException($"The new QEMU (process {adoption.Target.ProcessId}) has ended.");
        target.Thaw();
        using var qmp = await monitors.ConnectNewAsync(target, $"the target of VM {adoption.Name}", limit).ConfigureAwait(false);
        _ = await qmp.QueryStatusAsync().ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<Finding>> AdoptAsync(HandoverTrace trace, HandoverJournal journal, MonitorPlace monitors, long until)
    {
        var adoption = Of(trace, monitors, until);
        // Frozen before the target may run, whatever state the keeper left it in.
        using (var source = ProcessHandle.TryOpen(adoption.Source))
            source?.Freeze();
        using var target = ProcessHandle.TryOpen(adoption.Target)
            ?? throw new HandoverException($"The new QEMU (process {adoption.Target.ProcessId}) has ended.");
        // Somebody may have stopped it: a stopped process answers nobody.
        target.Thaw();
        using var qmp = await adoption.Monitors.ConnectNewAsync(target, $"the target of VM {adoption.Name}", OutageLimit.Until(until, Limits.Command)).ConfigureAwait(false);
        qmp.EndsAt = until;
        if (adoption.Plan.Continue && !trace.TargetRan)
            await ContinueAsync(journal, qmp).ConfigureAwait(false);
        await VacateAsync(trace, adoption).ConfigureAwait(false);
        var warnings = await adoption.RunAsync(qmp).ConfigureAwait(false);
        _ = journal.TryWrite(new JournalEntry.Adopting { At = TimeProvider.System.GetUtcNow() });
        return warnings;
    }

    // A release that did not empty the seat before its commit left the source in it.
    private static async Task VacateAsync(HandoverTrace trace, Adoption adoption)
    {
        if (adoption.Plan.Machine is not null)
            return;
        var (machine, problem) = await SystemdMachined.FindAsync(adoption.Source.ProcessId, adoption.Domain, CancellationToken.None).ConfigureAwait(false);
        if (problem is not null)
            throw new HandoverException(problem);
        if (machine is not null && machine.Leader != adoption.Target.ProcessId)
            _ = await MachineSeat.TakeAsync(machine, adoption.Target, isVacant: false).ConfigureAwait(false);
    }

    // 'paused' is what a loaded target is in that never ran: nobody but us could have paused it since.
    private static async Task ContinueAsync(HandoverJournal journal, QmpClient qmp)
    {
        var state = await qmp.QueryStatusAsync().ConfigureAwait(false);
        if (state.Status != "paused")
            return;
        try
        {
            await qmp.ContAsync().ConfigureAwait(false);
        }
        catch (QmpException exception)
        {
            // On disk before the target ends: one that is dead without this entry has taken the guest with it. The next attempt ends it.
            journal.Write(new JournalEntry.Revoked { At = TimeProvider.System.GetUtcNow() });
            throw new HandoverException($"The new QEMU could not take over the disks: {exception.Message}", exception);
        }
    }

    private static Adoption Of(HandoverTrace trace, MonitorPlace monitors, long until) => new()
    {
        EndsAt = until,
        Domain = trace.Opened.Request.Domain,
        Name = trace.Opened.Name,
        Source = trace.Opened.Source,
        Target = trace.Target?.Target ?? throw new HandoverException("The journal has a commit but no target."),
        Monitors = monitors,
        StatusPath = trace.Opened.StatusPath,
        Plan = trace.Committed!.Adoption,
    };
}
