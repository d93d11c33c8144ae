using VirtHandover.Handover.Journal;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Recovery;

/// <summary>
/// A keeper that holds libvirt's lock for longer than its handovers may keep libvirt away does not do its work any more: it hangs in a call
/// that does not come back. With its end the journals are somebody else's, who ends the handovers or strands their VMs.
/// </summary>
/// <param name="journals">The directory of journals.</param>
internal sealed class OverdueKeeper(string journals)
{
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(1);

    private long _looked = TimeProvider.System.GetTimestamp();

    /// <summary>Ends the keeper that keeps libvirt away if that is overdue. Looks once a second, however often it is called.</summary>
    /// <param name="id">A handover of the keeper.</param>
    /// <returns>True when it was ended.</returns>
    internal bool TryEnd(long id)
    {
        if (TimeProvider.System.GetElapsedTime(_looked) < LookPause)
            return false;
        _looked = TimeProvider.System.GetTimestamp();
        return IsOverdue(id) && TryEndHolder();
    }

    /// <summary>Looks once a second until it is cancelled.</summary>
    /// <param name="id">A handover of the keeper.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    internal async Task WatchAsync(long id, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && !TryEnd(id))
            await Task.Delay(LookPause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private bool IsOverdue(long id)
    {
        try
        {
            if (Trace(id) is not { } trace)
                return false;
            return OutageLimit.IsOverdue(trace.Opened.Together.Append(id).Distinct().Select(Trace).OfType<HandoverTrace>(), TimeProvider.System.GetUtcNow());
        }
        catch (LinuxException)
        {
            return false; // the next look reads it, or whoever waits says why it cannot be read
        }
    }

    private HandoverTrace? Trace(long id) => HandoverTrace.Of(HandoverJournal.Read(HandoverJournal.FileName(journals, id)));

    // Only root can lock that file. A daemon may have it, or a recovery, which has a limit of its own.
    private static bool TryEndHolder()
    {
        if (FileLock.Holder(new LibvirtPaths().DriverPidFile) is not { } holder)
            return false;
        try
        {
            using var keeper = ProcessHandle.Open(holder);
            if (ProcessCommandLine.Read(ProcRoot.Host, holder) is not [_, Keeper.Role, ..])
                return false;
            keeper.Kill();
            return true;
        }
        catch (Exception exception) when (exception is ProcException or LinuxException)
        {
            return true; // it has ended in this moment
        }
    }
}
