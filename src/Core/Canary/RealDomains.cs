using VirtHandover.Libvirt;

namespace VirtHandover.Canary;

/// <summary>The running domains without the canary: nobody is to approve it.</summary>
/// <param name="all">All of them.</param>
public sealed class RealDomains(IRunningDomains all) : IRunningDomains
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunningDomain>> ListRunningAsync(CancellationToken cancellationToken) =>
        [.. (await all.ListRunningAsync(cancellationToken).ConfigureAwait(false)).Where(domain => domain.Uuid != CanaryDomain.Uuid)];
}
