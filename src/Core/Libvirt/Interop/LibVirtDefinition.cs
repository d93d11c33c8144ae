using System.Runtime.InteropServices;

namespace VirtHandover.Libvirt.Interop;

/// <summary>What changes a domain's definition. See https://libvirt.org/html/libvirt-libvirt-domain.html.</summary>
internal static unsafe partial class LibVirtDefinition
{
    internal const int VIR_DOMAIN_METADATA_ELEMENT = 2;
    internal const uint VIR_DOMAIN_AFFECT_LIVE = 1;
    internal const uint VIR_DOMAIN_AFFECT_CONFIG = 2;
    internal const uint VIR_DOMAIN_XML_INACTIVE = 2;
    internal const uint VIR_DOMAIN_DEFINE_VALIDATE = 1;
    internal const int VIR_ERR_NO_DOMAIN_METADATA = 80;

    private const string Library = "libvirt.so.0";

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial byte* virDomainGetMetadata(DomainHandle domain, int type, string uri, uint flags);

    /// <summary>A null <paramref name="metadata"/> removes the element.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int virDomainSetMetadata(DomainHandle domain, int type, string? metadata, string? key, string uri, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainIsPersistent(DomainHandle domain);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial DomainHandle virDomainDefineXMLFlags(ConnectionHandle conn, string xml, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial DomainHandle virDomainCreateXML(ConnectionHandle conn, string xml, uint flags);

    [LibraryImport(Library)]
    internal static partial int virDomainDestroy(DomainHandle domain);
}
