using Serilog;
using VirtHandover.Handover.Journal;
using VirtHandover.Libvirt;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>libvirt is down and kept down; the source's monitor is ours.</summary>
/// <param name="Prepared">The twin.</param>
/// <param name="Source">The source's monitor.</param>
/// <param name="WasRunning">False when somebody had paused the guest; then it stays paused.</param>
/// <param name="Limit">When libvirt has to come back.</param>
internal sealed record Quiesced(Prepared Prepared, SourceMonitor Source, bool WasRunning, OutageLimit Limit)
{
    /// <summary>What can be undone has come to its end, or is being undone: all the time that is left is for that.</summary>
    internal void UseAllTime()
    {
        Source.EndsAt = Limit.EndsAt;
        Prepared.Target.Qmp.EndsAt = Limit.EndsAt;
    }
}

/// <summary>Quiesce: stop the libvirt daemon, unless any domain has a job, and take over the sources' monitors.</summary>
internal static class QuiescePhase
{
    /// <summary>Stops libvirt, once for all VMs that are to be moved.</summary>
    /// <param name="group">Their twins and journals.</param>
    /// <param name="log">The log.</param>
    /// <exception cref="HostBusyException">A VM of the host has a job or would not survive libvirt's return, or the host is shutting down; libvirt runs.</exception>
    /// <exception cref="UnfinishedException">libvirt was stopped and its daemon cannot be started.</exception>
    internal static async Task<DaemonHold> StopLibvirtAsync(IReadOnlyList<(Prepared Twin, HandoverJournal Journal)> group, ILogger log)
    {
        var paths = group[0].Twin.Begun.Paths;
        var libvirt = group[0].Twin.Begun.Libvirt;
        await RequireNoJobsAsync(libvirt, paths).ConfigureAwait(false);
        if (await ReconnectNeeds.MissingAsync(paths, libvirt).ConfigureAwait(false) is { } missing)
            throw new HostBusyException(missing);

        var daemon = await LibvirtDaemon.FindAsync(paths).ConfigureAwait(false)
            ?? throw LibvirtException.Ended("The libvirt daemon does not run any more.");
        if (await daemon.ObstacleAsync().ConfigureAwait(false) is { } obstacle)
            throw new HostBusyException(obstacle);
        Checkpoint.Reach("quiesce.jobs-checked");
        var limit = OutageLimit.For(group.Select(one => one.Twin));
        foreach (var (twin, journal) in group)
            journal.Write(new JournalEntry.Quiescing(daemon.Recipe) { At = twin.Begun.Clock.GetUtcNow(), Limit = limit });
        Checkpoint.Reach("quiesce.journaled");
        foreach (var (twin, _) in group)
            await twin.Begun.Libvirt.DisposeAsync().ConfigureAwait(false);
        var half = limit / 2;
        var hold = await DaemonHold.TakeAsync(daemon, paths, half < Limits.DaemonStop ? half : Limits.DaemonStop, limit, log).ConfigureAwait(false);
        try
        {
            Checkpoint.Reach("quiesce.daemon-stopped");
            // Between the first look and the daemon's end an API call may have begun a job; then its status file says so.
            RequireNoJobs(paths);
            return hold;
        }
        catch
        {
            await LetGoAsync(hold).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes over one source's monitor, and looks whether the source is still what its twin was made from. libvirt is down.</summary>
    /// <exception cref="HandoverException">It has changed, or systemd-machined does not let go of it; it runs on.</exception>
    internal static async Task<Quiesced> ConnectAsync(Prepared prepared, OutageLimit limit, CancellationToken cancellationToken)
    {
        var begun = prepared.Begun;
        cancellationToken.ThrowIfCancellationRequested();
        var source = await prepared.Target.Monitors.ConnectSourceAsync(begun.Source, begun.Name, limit.CapTrying(Limits.Command), cancellationToken).ConfigureAwait(false);
        try
        {
            source.EndsAt = prepared.Target.Qmp.EndsAt = limit.TryUntil;
            Checkpoint.Reach("quiesce.connected");
            var running = await SourceRecheck.RequireUnchangedAsync(prepared, source, cancellationToken).ConfigureAwait(false);
            Checkpoint.Reach("quiesce.rechecked");
            await MachineSeat.VacateAsync(begun.Machine).ConfigureAwait(false);
            Checkpoint.Reach("quiesce.vacated");
            return new Quiesced(prepared, source, running, limit);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static async Task LetGoAsync(DaemonHold hold)
    {
        try
        {
            await hold.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw new UnfinishedException($"libvirt is down, and nothing was moved: {exception.Message}", exception);
        }
    }

    /// <summary>Asks libvirt for jobs, and of VMs that it cannot answer for its status files: a QEMU that answers nothing has none, and stops nobody.</summary>
    /// <exception cref="HostBusyException">A VM of the host has a job.</exception>
    internal static async Task RequireNoJobsAsync(LibvirtConnection libvirt, LibvirtPaths paths)
    {
        var asking = (await libvirt.ListRunningAsync(CancellationToken.None).ConfigureAwait(false))
            .Select(async domain => await IsActiveAsync(libvirt, paths, domain).ConfigureAwait(false) ? domain.Name : null);
        if ((await Task.WhenAll(asking).ConfigureAwait(false)).FirstOrDefault(name => name is not null) is { } busy)
            throw Busy(busy);
    }

    private static async Task<bool> IsActiveAsync(LibvirtConnection libvirt, LibvirtPaths paths, RunningDomain domain)
    {
        try
        {
            return await libvirt.JobActiveAsync(domain.Uuid, CancellationToken.None).ConfigureAwait(false);
        }
        catch (LibvirtException exception) when (exception.Code is LibvirtException.NoDomain or LibvirtException.OperationInvalid)
        {
            return false; // it ended while we looked
        }
        catch (LibvirtException exception) when (exception.Code is LibvirtException.OperationTimeout or LibvirtException.OperationUnsupported or LibvirtException.NoAnswer)
        {
            return StatusFile.ReadAll(paths).Any(status => status.Uuid == domain.Uuid && HasJob(status));
        }
    }

    private static void RequireNoJobs(LibvirtPaths paths)
    {
        foreach (var status in StatusFile.ReadAll(paths))
        {
            if (HasJob(status))
                throw Busy(status.Name);
        }
    }

    private static bool HasJob(StatusFile status) => status.Job is not null || status.HasBlockJobs || status.HasBackup;

    private static HostBusyException Busy(string name) => new($"VM {name} has an active job in libvirt, whose daemon is not stopped while any VM has one");
}
