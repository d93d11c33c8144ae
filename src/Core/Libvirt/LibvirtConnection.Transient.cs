using VirtHandover.Libvirt.Interop;

namespace VirtHandover.Libvirt;

/// <summary>Domains that exist only while they run.</summary>
public sealed partial class LibvirtConnection
{
    /// <summary>Starts a transient domain (<c>virDomainCreateXML</c>).</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="xml">Its definition.</param>
    /// <param name="limit">How long to wait; past it the start goes on.</param>
    /// <returns>Completes when it runs.</returns>
    /// <exception cref="LibvirtException">It does not start, does not answer within the limit, or libvirt cannot be reached.</exception>
    public Task CreateAsync(string name, string xml, TimeSpan limit) =>
        CallAsync($"start domain {name}", () => Create(xml, $"start domain {name}"), limit, CancellationToken.None);

    /// <summary>Ends a running domain at once (<c>virDomainDestroy</c>), and with it a transient one.</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="cancellationToken">Stops waiting; the end goes on.</param>
    /// <returns>False when there is none.</returns>
    /// <exception cref="LibvirtException">It cannot be ended, or libvirt cannot be reached.</exception>
    public async Task<bool> DestroyAsync(Guid domain, CancellationToken cancellationToken = default)
    {
        try
        {
            return await OnDomainAsync($"end domain {domain}", domain, Destroy, cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException exception) when (exception.Code == LibvirtException.NoDomain)
        {
            return false;
        }
    }

    private static bool Destroy(DomainHandle handle, string purpose) =>
        LibVirtDefinition.virDomainDestroy(handle) < 0 ? throw LibVirtError.Take(purpose) : true;

    private bool Create(string xml, string purpose)
    {
        using DomainHandle created = LibVirtDefinition.virDomainCreateXML(_handle, xml, 0);
        return created.IsInvalid ? throw LibVirtError.Take(purpose) : true;
    }
}
