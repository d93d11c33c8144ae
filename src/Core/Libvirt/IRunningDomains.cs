namespace VirtHandover.Libvirt;

/// <summary>Who runs: the one question that a scan has to ask libvirt.</summary>
public interface IRunningDomains
{
    /// <summary>Lists the active domains, paused ones included.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Every active domain.</returns>
    /// <exception cref="LibvirtException">libvirt cannot be reached.</exception>
    Task<IReadOnlyList<RunningDomain>> ListRunningAsync(CancellationToken cancellationToken);
}
