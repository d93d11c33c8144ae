using VirtHandover.Contract;
using VirtHandover.Handover;

namespace VirtHandover.Canary;

/// <summary>A throw-away VM that goes through a handover before the first real one does.</summary>
public interface ICanary
{
    /// <summary>Sends a canary through, unless one came through with the same libvirt, old and new QEMU before.</summary>
    /// <param name="request">The real handover that is to come.</param>
    /// <param name="alarm">Told when the canary's handover broke and could not be ended yet.</param>
    /// <param name="cancellationToken">Asks to cancel; honoured until the canary is paused.</param>
    /// <returns>Whether the real handover may start.</returns>
    Task<CanaryVerdict> SendAsync(HandoverRequest request, IProgress<string> alarm, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps what it will need of the QEMUs that are installed now, once a package manager has replaced them. Does not fail: without that it
    /// may have to start on the new one.
    /// </summary>
    /// <param name="installed">The builds that are on disk.</param>
    /// <param name="running">The builds that run.</param>
    void Keep(IReadOnlyCollection<QemuBuild> installed, IReadOnlyCollection<QemuBuild> running);

    /// <summary>Ends a canary that an earlier service left running.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Completes when none runs, or libvirt cannot be asked.</returns>
    Task ClearAsync(CancellationToken cancellationToken);
}
