using System.Xml;
using System.Xml.Linq;

namespace VirtHandover.Libvirt.Xml;

/// <summary>The parts of a live domain XML that a preflight asks about. Lenient: what is missing or strange is null or empty.</summary>
public sealed class DomainXml
{
    private static readonly XNamespace QemuNamespace = "http://libvirt.org/schemas/domain/qemu/1.0";

    private readonly XElement _devices;

    internal DomainXml(XElement domain, Guid uuid, string name)
    {
        Element = domain;
        Uuid = uuid;
        Name = name;
        _devices = domain.Element("devices") ?? new XElement("devices");
    }

    /// <summary>The whole <c>&lt;domain&gt;</c>, for what has no property here.</summary>
    public XElement Element { get; }

    /// <summary>The domain's UUID.</summary>
    public Guid Uuid { get; }

    /// <summary>The domain's name.</summary>
    public string Name { get; }

    /// <summary><c>kvm</c> or <c>qemu</c> (TCG).</summary>
    public string Type => Element.Text("type") ?? "";

    /// <summary>The emulator's path as configured, symbolic links not resolved; empty when missing.</summary>
    public string Emulator => _devices.Element("emulator")?.Value ?? "";

    /// <summary>The machine type, for example <c>pc-q35-7.2</c>.</summary>
    public string Machine => Element.Element("os")?.Element("type").Text("machine") ?? "";

    /// <summary>The architecture, for example <c>x86_64</c>.</summary>
    public string Architecture => Element.Element("os")?.Element("type").Text("arch") ?? "";

    /// <summary>
    /// Volumes of storage pools under its disks, also below other images, whose kind libvirt looks up when it takes the domain back. Later releases
    /// (11.3, not 9.0) have written that kind into the status file (<c>actualType</c>) and do not ask again.
    /// </summary>
    public IReadOnlyList<(string Pool, string Volume)> VolumesToLookUp =>
    [
        .. _devices.Elements("disk").DescendantsAndSelf().Where(image => image.Name.LocalName is "disk" or "backingStore" && image.Text("type") == "volume")
            .Elements("source").Where(source => source.Text("actualType") is null)
            .Select(source => (source.Text("pool") ?? "", source.Text("volume") ?? "")).Distinct(),
    ];

    /// <summary>Guest memory comes from huge pages.</summary>
    public bool HasHugePages => Element.Element("memoryBacking")?.Element("hugepages") is not null;

    /// <summary>With what its QEMU is started, as <c>&lt;seclabel&gt;</c> says, in libvirt's spelling.</summary>
    /// <param name="model"><c>dac</c> (user and group), <c>selinux</c> or <c>apparmor</c>.</param>
    /// <returns>The label; null when there is none of that model.</returns>
    public string? LabelOf(string model) => Element.Elements("seclabel")
        .FirstOrDefault(label => label.Text("model") == model && label.Text("type") != "none")?.Element("label")?.Value;

    /// <summary>Arguments of <c>&lt;qemu:commandline&gt;</c>.</summary>
    public IReadOnlyList<string> ExtraArguments =>
        [.. Element.Elements(QemuNamespace + "commandline").Elements(QemuNamespace + "arg").Select(arg => arg.Text("value") ?? "")];

    /// <summary>Variables of <c>&lt;qemu:commandline&gt;</c>, in their order; of two with one name the last, as libvirt does.</summary>
    public IReadOnlyList<(string Name, string Value)> ExtraEnvironment =>
    [
        .. Element.Elements(QemuNamespace + "commandline").Elements(QemuNamespace + "env")
            .Select(variable => (Name: variable.Text("name") ?? "", Value: variable.Text("value") ?? ""))
            .GroupBy(variable => variable.Name).Select(same => same.Last()),
    ];

    /// <summary>Network interfaces.</summary>
    public IReadOnlyList<InterfaceXml> Interfaces => [.. _devices.Elements("interface").Select(element => new InterfaceXml(element))];

    /// <summary>Disks, CD drives and floppies.</summary>
    public IReadOnlyList<DiskXml> Disks => [.. _devices.Elements("disk").Select(element => new DiskXml(element))];

    /// <summary>Displays.</summary>
    public IReadOnlyList<GraphicsXml> Graphics => [.. _devices.Elements("graphics").Select(element => new GraphicsXml(element))];

    /// <summary>The balloon's polling interval in s; 0 when it does not poll. QEMU forgets it in a migration.</summary>
    public int BalloonStatsPeriod => SafeXml.Int(_devices.Element("memballoon")?.Element("stats").Text("period")) ?? 0;

    /// <summary>Reads a live XML as libvirt hands it out.</summary>
    /// <param name="xml">The text.</param>
    /// <returns>The view.</returns>
    /// <exception cref="LibvirtException">It is not a domain's XML.</exception>
    public static DomainXml Parse(string xml)
    {
        ArgumentNullException.ThrowIfNull(xml);
        try
        {
            return SafeXml.Parse(xml).Root is { } root && TryRead(root) is { } domain
                ? domain
                : throw new LibvirtException(0, "What libvirt sent as a domain's XML has no <domain> with a name and a UUID.");
        }
        catch (XmlException exception)
        {
            throw new LibvirtException(0, $"What libvirt sent as a domain's XML cannot be read: {exception.Message}");
        }
    }

    internal static DomainXml? TryRead(XElement domain) =>
        domain.Name.LocalName == "domain"
        && domain.Element("name")?.Value is { Length: > 0 } name
        && Guid.TryParse(domain.Element("uuid")?.Value, out Guid uuid)
            ? new DomainXml(domain, uuid, name)
            : null;
}
