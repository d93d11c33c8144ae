using System.Diagnostics;
using Serilog;
using VirtHandover.Handover.Phases;
using VirtHandover.Libvirt;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Recovery;

/// <summary>
/// libvirt's absence during a recovery: taken over from a failed handover, or brought about. It lasts over all attempts, so that no
/// daemon comes in between and finds a VM that it would kill.
/// </summary>
/// <param name="hold">The lock, if this process has it already.</param>
/// <param name="daemonReturn">Who starts the daemon in the end.</param>
/// <param name="log">The log.</param>
/// <param name="paths">Where libvirt's files are.</param>
internal sealed class LibvirtAway(DaemonHold? hold, DaemonReturn daemonReturn, ILogger log, LibvirtPaths? paths = null)
{
    private DaemonHold? _hold = hold;
    private (long Ticks, DateTimeOffset At)? _ended;

    /// <summary>Where libvirt's files are.</summary>
    internal LibvirtPaths Paths { get; } = paths ?? new LibvirtPaths();

    /// <summary>Who starts the daemon in the end.</summary>
    internal DaemonReturn Return { get; } = daemonReturn;

    /// <summary>When this recovery has stopped a running daemon, in <see cref="Stopwatch"/> ticks; null when it has not.</summary>
    internal long? StoppedAt { get; private set; }

    /// <summary>Takes libvirt's lock if its daemon does not run.</summary>
    /// <param name="recipe">How the daemon is started; null when the handover had not stopped it.</param>
    /// <returns>False when a daemon runs.</returns>
    /// <exception cref="HandoverException">The lock is another process's, but no daemon's.</exception>
    internal async Task<bool> TryBeginAsync(DaemonRecipe? recipe)
    {
        if (_hold is { IsReleased: false })
            return true;
        if (await LibvirtDaemon.FindAsync(Paths).ConfigureAwait(false) is not null)
            return false;
        _hold = DaemonHold.TryTakeIdle(recipe, Paths, log)
            ?? throw new HandoverException("Another process holds libvirt's lock.");
        return true;
    }

    /// <summary>Takes libvirt's lock, and stops its daemon first when one runs.</summary>
    /// <exception cref="LibvirtException">The daemon does not end.</exception>
    internal async Task BeginAsync(DaemonRecipe? recipe)
    {
        if (await TryBeginAsync(recipe).ConfigureAwait(false))
            return;
        var daemon = await LibvirtDaemon.FindAsync(Paths).ConfigureAwait(false)
            ?? throw new HandoverException("The libvirt daemon ended in this moment.");
        _hold = await DaemonHold.TakeAsync(daemon, Paths, Limits.DaemonStop, 2 * Limits.DaemonStop, log).ConfigureAwait(false);
        StoppedAt = Stopwatch.GetTimestamp();
    }

    /// <summary>How long libvirt has been away because of a handover whose recovery has had its lock; zero when it was not, or nobody knows.</summary>
    /// <param name="trace">The handover.</param>
    internal TimeSpan LengthFor(HandoverTrace trace)
    {
        if (_hold is null || trace.Quiescing is not { } quiescing)
            return TimeSpan.Zero;
        if (StoppedAt is not null)
            return Stopwatch.GetElapsedTime(_hold.Since, _ended?.Ticks ?? Stopwatch.GetTimestamp());
        var until = _ended?.At ?? TimeProvider.System.GetUtcNow();
        // One that is tried once more ended its first absence long ago, and another boot ended all.
        return !trace.IsReopened && trace.Opened.Boot == HostBoot.Id && until > quiescing.At ? until - quiescing.At : TimeSpan.Zero;
    }

    /// <summary>Lets libvirt come back.</summary>
    /// <exception cref="LibvirtException">It could not be started.</exception>
    internal async Task EndAsync()
    {
        if (_hold is not { IsReleased: false } hold)
            return;
        if (Return == DaemonReturn.Awaited)
            hold.Drop();
        else
            await hold.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        _ended = (Stopwatch.GetTimestamp(), TimeProvider.System.GetUtcNow());
    }
}
