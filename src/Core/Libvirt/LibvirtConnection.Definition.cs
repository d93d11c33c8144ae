using VirtHandover.Libvirt.Interop;

namespace VirtHandover.Libvirt;

/// <summary>What libvirt keeps of a domain beyond its run.</summary>
public sealed partial class LibvirtConnection
{
    /// <summary>An element of the running domain's <c>&lt;metadata&gt;</c> (<c>virDomainGetMetadata</c>).</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="uri">The element's namespace.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The element's text, without the namespace; null when there is none.</returns>
    /// <exception cref="LibvirtException">No such domain, or libvirt cannot be reached.</exception>
    public Task<string?> GetMetadataAsync(Guid domain, string uri, CancellationToken cancellationToken = default) =>
        OnDomainAsync($"read the metadata of domain {domain}", domain, (handle, purpose) => GetMetadata(handle, uri, purpose), cancellationToken);

    /// <summary>
    /// Sets or removes an element of a domain's <c>&lt;metadata&gt;</c> (<c>virDomainSetMetadata</c>): of the running domain, and of its
    /// persistent definition where it has one.
    /// </summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="element">The element's text without a namespace; null to remove it.</param>
    /// <param name="prefix">The prefix that libvirt gives the namespace.</param>
    /// <param name="uri">The namespace.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Completes when libvirt has stored it.</returns>
    /// <exception cref="LibvirtException">No such running domain, or libvirt cannot be reached.</exception>
    public Task SetMetadataAsync(Guid domain, string? element, string prefix, string uri, CancellationToken cancellationToken = default) =>
        OnDomainAsync(
            $"change the metadata of domain {domain}", domain, (handle, purpose) => SetMetadata(handle, element, prefix, uri, purpose), cancellationToken);

    /// <summary>The persistent definition (<c>virDomainGetXMLDesc</c>), security information included.</summary>
    /// <param name="domain">Its UUID.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The XML text; null for a transient domain, which has none.</returns>
    /// <exception cref="LibvirtException">No such domain, or libvirt cannot be reached.</exception>
    public Task<string?> GetDefinitionAsync(Guid domain, CancellationToken cancellationToken = default) =>
        OnDomainAsync($"read the definition of domain {domain}", domain, GetDefinition, cancellationToken);

    /// <summary>Replaces a persistent definition (<c>virDomainDefineXMLFlags</c>); a running domain goes on as it is.</summary>
    /// <param name="domain">Its UUID, for messages.</param>
    /// <param name="xml">The whole new definition; libvirt validates it against its schema.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Completes when libvirt has stored it.</returns>
    /// <exception cref="LibvirtException">libvirt refuses it, or cannot be reached.</exception>
    public Task DefineAsync(Guid domain, string xml, CancellationToken cancellationToken = default) =>
        CallAsync($"change the definition of domain {domain}", () => Define(xml, $"change the definition of domain {domain}"), cancellationToken);

    private static unsafe string? GetMetadata(DomainHandle handle, string uri, string purpose)
    {
        byte* text = LibVirtDefinition.virDomainGetMetadata(
            handle, LibVirtDefinition.VIR_DOMAIN_METADATA_ELEMENT, uri, LibVirtDefinition.VIR_DOMAIN_AFFECT_LIVE);
        if (text != null)
        {
            return LibVirtString.Take(text);
        }

        LibvirtException error = LibVirtError.Take(purpose);
        return error.Code == LibVirtDefinition.VIR_ERR_NO_DOMAIN_METADATA ? null : throw error;
    }

    private static bool SetMetadata(DomainHandle handle, string? element, string prefix, string uri, string purpose)
    {
        uint flags = LibVirtDefinition.VIR_DOMAIN_AFFECT_LIVE | (IsPersistent(handle, purpose) ? LibVirtDefinition.VIR_DOMAIN_AFFECT_CONFIG : 0);
        return LibVirtDefinition.virDomainSetMetadata(
            handle, LibVirtDefinition.VIR_DOMAIN_METADATA_ELEMENT, element, element is null ? null : prefix, uri, flags) < 0
            ? throw LibVirtError.Take(purpose)
            : true;
    }

    private static bool IsPersistent(DomainHandle handle, string purpose)
    {
        int persistent = LibVirtDefinition.virDomainIsPersistent(handle);
        return persistent < 0 ? throw LibVirtError.Take(purpose) : persistent == 1;
    }

    private static unsafe string? GetDefinition(DomainHandle handle, string purpose)
    {
        if (!IsPersistent(handle, purpose))
        {
            return null;
        }

        byte* text = LibVirt.virDomainGetXMLDesc(handle, LibVirt.VIR_DOMAIN_XML_SECURE | LibVirtDefinition.VIR_DOMAIN_XML_INACTIVE);
        return text == null ? throw LibVirtError.Take(purpose) : LibVirtString.Take(text);
    }

    private bool Define(string xml, string purpose)
    {
        using DomainHandle defined = LibVirtDefinition.virDomainDefineXMLFlags(_handle, xml, LibVirtDefinition.VIR_DOMAIN_DEFINE_VALIDATE);
        return defined.IsInvalid ? throw LibVirtError.Take(purpose) : true;
    }
}
