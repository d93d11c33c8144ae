using System.Xml;
using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary>Gives a domain's definition memory that two QEMU processes can map, so that no handover has to copy it.</summary>
public static class SharedMemoryEdit
{
    /// <summary>Edits a persistent definition.</summary>
    /// <param name="xml">The definition as libvirt hands it out.</param>
    /// <returns>The new definition; null when it has shared memory already.</returns>
    /// <exception cref="LibvirtException">It is not a domain's XML.</exception>
    public static string? Apply(string xml)
    {
        ArgumentNullException.ThrowIfNull(xml);
        XDocument document;
        try
        {
            document = SafeXml.Parse(xml);
        }
        catch (XmlException exception)
        {
            throw new LibvirtException(0, $"What libvirt sent as a domain's definition cannot be read: {exception.Message}");
        }

        return document.Root is { Name.LocalName: "domain" } domain
            ? Edit(domain) ? document.ToString(SaveOptions.DisableFormatting) : null
            : throw new LibvirtException(0, "What libvirt sent as a domain's definition has no <domain>.");
    }

    /// <summary>True when the memory is huge pages, which lie on a file system of their own and not in <c>memory_backing_dir</c>.</summary>
    /// <param name="xml">The definition.</param>
    /// <returns>Whether it asks for huge pages.</returns>
    /// <exception cref="LibvirtException">It is not a domain's XML.</exception>
    public static bool HasHugePages(string xml) => DomainXml.Parse(xml).HasHugePages;

    private static bool Edit(XElement domain)
    {
        XElement? backing = domain.Element("memoryBacking");
        if (backing is null)
        {
            backing = new XElement("memoryBacking");
            domain.Add(backing);
        }

        // A memfd of QEMU 8 and later is not taken for shared, see docs/preflight.md; a file is, whatever the version.
        bool changed = Set(backing, "source", "type", "file");
        changed |= Set(backing, "access", "mode", "shared");

        // Both would override the general setting for their part of the memory.
        XAttribute[] own =
        [
            .. domain.Elements("cpu").Elements("numa").Elements("cell").Attributes("memAccess"),
            .. domain.Elements("devices").Elements("memory").Attributes("access"),
        ];
        foreach (XAttribute attribute in own.Where(attribute => attribute.Value != "shared"))
        {
            attribute.Value = "shared";
            changed = true;
        }

        return changed;
    }

    private static bool Set(XElement parent, string name, string attribute, string value)
    {
        XElement? element = parent.Element(name);
        if (element is null)
        {
            element = new XElement(name);
            parent.Add(element);
        }

        if (element.Text(attribute) == value)
        {
            return false;
        }

        element.SetAttributeValue(attribute, value);
        return true;
    }
}
