using VirtHandover.Libvirt;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>What is kept of a domain beyond its run, in libvirt's own files.</summary>
public interface IDomainDefinitions
{
    /// <summary>A running domain's own policy.</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The policy; with a <see cref="DomainPolicy.Problem"/> when what is stored is not valid.</returns>
    /// <exception cref="LibvirtException">No such running domain, or libvirt cannot be reached.</exception>
    Task<DomainPolicy> ReadPolicyAsync(Guid domain, CancellationToken cancellationToken);

    /// <summary>Stores a running domain's own policy, or removes it when it is empty.</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Completes when it is stored.</returns>
    /// <exception cref="LibvirtException">No such running domain, or libvirt cannot be reached.</exception>
    Task WritePolicyAsync(Guid domain, DomainPolicy policy, CancellationToken cancellationToken);

    /// <summary>Gives a domain shared memory from its next start on.</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="name">Its name, for the sentence.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What was done and what is left to do, in a sentence.</returns>
    /// <exception cref="QueueException">It cannot be done; nothing was changed.</exception>
    /// <exception cref="LibvirtException">libvirt refuses it, or cannot be reached.</exception>
    Task<string> PrepareAsync(Guid domain, string name, CancellationToken cancellationToken);
}
