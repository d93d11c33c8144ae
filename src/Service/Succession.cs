using VirtHandover.Linux.Proc;
using VirtHandover.Queue;

namespace VirtHandover.Service;

/// <summary>
/// An upgrade of the product leaves the running service alone, because a handover may be under way. The service itself sees that another build
/// lies in its place, and ends when nothing is under way and the package manager has finished; systemd starts the new one.
/// </summary>
/// <param name="running">The program that runs: <c>/proc/self/exe</c>.</param>
/// <param name="installed">Where it was installed.</param>
/// <param name="transaction">Tells whether a package is being installed.</param>
/// <param name="isAtRest">Whether no handover is under way.</param>
/// <param name="time">The clock.</param>
internal sealed class Succession(string running, string installed, ITransactionProbe transaction, Func<bool> isAtRest, TimeProvider time)
{
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Waits for that moment.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Ends when the service should.</returns>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (!IsReplaced() || !isAtRest() || await transaction.IsRunningAsync(cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    // A program that was removed has no successor. Times do not count: a package manager gives the old file other names for a while.
    private bool IsReplaced() => FileIdentity.Of(running) is { } old && FileIdentity.Of(installed) is { IsRegular: true, IsExecutable: true } other
        && (old.Device, old.Inode) != (other.Device, other.Inode);
}
