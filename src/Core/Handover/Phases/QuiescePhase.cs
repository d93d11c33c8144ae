using VirtHandover.Handover.Journal;
using VirtHandover.Libvirt;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>libvirt is down and kept down; the source's monitor is ours.</summary>
/// <param name="Prepared">The twin.</param>
/// <param name="Hold">What keeps the daemon away.</param>
/// <param name="Source">The source's monitor.</param>
/// <param name="WasRunning">False when somebody had paused the guest; then it stays paused.</param>
internal sealed record Quiesced(Prepared Prepared, DaemonHold Hold, QmpClient Source, bool WasRunning);

/// <summary>Quiesce: stop the libvirt daemon, unless any domain has a job, and take over the source's monitor.</summary>
internal static class QuiescePhase
{
    internal static async Task<Quiesced> RunAsync(Prepared prepared, HandoverJournal journal, CancellationToken cancellationToken)
    {
        var begun = prepared.Begun;
        var paths = begun.Paths;
        await RequireNoJobsAsync(begun.Libvirt, cancellationToken).ConfigureAwait(false);

        var daemon = await LibvirtDaemon.FindAsync(paths).ConfigureAwait(false)
            ?? throw new HandoverException("The libvirt daemon does not run any more.");
        Checkpoint.Reach("quiesce.jobs-checked");
        journal.Write(new JournalEntry.Quiescing(daemon.Recipe) { At = begun.Clock.GetUtcNow() });
        Checkpoint.Reach("quiesce.journaled");
        await begun.Libvirt.DisposeAsync().ConfigureAwait(false);
        var hold = await DaemonHold.TakeAsync(daemon, paths, Limits.DaemonStop, cancellationToken).ConfigureAwait(false);
        QmpClient? source = null;
        try
        {
            Checkpoint.Reach("quiesce.daemon-stopped");
            // Between the first look and the daemon's end an API call may have begun a job; then its status file says so.
            RequireNoJobs(paths);
            source = await QmpClient.ConnectAsync(
                begun.Status.MonitorPath, $"the source of VM {begun.Name}", Limits.Command, cancellationToken).ConfigureAwait(false);
            Checkpoint.Reach("quiesce.connected");
            var running = await SourceRecheck.RequireUnchangedAsync(prepared, source, cancellationToken).ConfigureAwait(false);
            Checkpoint.Reach("quiesce.rechecked");
            return new Quiesced(prepared, hold, source, running);
        }
        catch
        {
            source?.Dispose();
            await LetGoAsync(begun.Name, hold).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Undo: libvirt starts again and finds the source as it left it.</summary>
    /// <exception cref="UnfinishedException">Its daemon cannot be started.</exception>
    internal static async Task UndoAsync(Quiesced quiesced)
    {
        quiesced.Source.Dispose();
        await LetGoAsync(quiesced.Prepared.Begun.Name, quiesced.Hold).ConfigureAwait(false);
    }

    private static async Task LetGoAsync(string name, DaemonHold hold)
    {
        try
        {
            await hold.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (LibvirtException exception)
        {
            throw new UnfinishedException($"VM {name} runs on the old QEMU, but libvirt is down: {exception.Message}");
        }
    }

    private static async Task RequireNoJobsAsync(LibvirtConnection libvirt, CancellationToken cancellationToken)
    {
        foreach (var domain in await libvirt.ListRunningAsync(cancellationToken).ConfigureAwait(false))
        {
            bool active;
            try
            {
                active = await libvirt.JobActiveAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
            }
            catch (LibvirtException exception) when (exception.Code is LibvirtException.NoDomain or LibvirtException.OperationInvalid)
            {
                continue; // it ended while we looked
            }

            if (active)
                throw Busy(domain.Name);
        }
    }

    private static void RequireNoJobs(LibvirtPaths paths)
    {
        foreach (var file in Directory.EnumerateFiles(paths.StatusDirectory, "*.xml"))
        {
            StatusFile status;
            try
            {
                status = StatusFile.Read(file);
            }
            catch (StatusFileException)
            {
                continue; // not a domain's; libvirt skips it as well
            }

            if (status.Job is not null || status.HasBlockJobs || status.HasBackup)
                throw Busy(status.Name);
        }
    }

    private static HandoverException Busy(string name) =>
        new($"VM {name} has an active job in libvirt, and the daemon is not stopped while any VM has one; try again when the job has ended.");
}
