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

    /// <summary>libvirt's number for this run; null when it does not run.</summary>
    public int? Id => SafeXml.Int(Element.Text("id"));

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

    /// <summary>Where guest memory comes from.</summary>
    public MemoryBacking MemoryBacking => new(Element.Element("memoryBacking"));

    /// <summary>Maximum number of vCPUs.</summary>
    public int? Vcpus => SafeXml.Int(Element.Element("vcpu")?.Value);

    /// <summary>vCPUs plugged at start; the maximum when not said.</summary>
    public int? CurrentVcpus => SafeXml.Int(Element.Element("vcpu").Text("current")) ?? Vcpus;

    /// <summary>CPU list of <c>&lt;vcpu cpuset&gt;</c>; empty when there is none.</summary>
    public string VcpuCpuSet => Element.Element("vcpu").Text("cpuset") ?? "";

    /// <summary>Ids of the I/O threads; libvirt numbers them from 1 when it does not list them.</summary>
    public IReadOnlyList<int> IoThreadIds
    {
        get
        {
            int[] listed = [.. Element.Elements("iothreadids").Elements("iothread").Select(thread => SafeXml.Int(thread.Text("id"))).OfType<int>()];
            int count = Math.Clamp(SafeXml.Int(Element.Element("iothreads")?.Value) ?? 0, 0, 4096);
            return listed.Length > 0 ? listed : [.. Enumerable.Range(1, count)];
        }
    }

    /// <summary><c>&lt;cputune&gt;</c>: pinning, shares, quotas; null when there is none.</summary>
    public XElement? CpuTune => Element.Element("cputune");

    /// <summary><c>&lt;numatune&gt;</c>; null when there is none.</summary>
    public XElement? NumaTune => Element.Element("numatune");

    /// <summary>Type of <c>&lt;launchSecurity&gt;</c> (<c>sev</c>, <c>tdx</c>, …); null when there is none.</summary>
    public string? LaunchSecurity => Element.Element("launchSecurity") is { } security ? security.Text("type") ?? "" : null;

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

    /// <summary>Serial and parallel ports, consoles and channels. A first console repeats the first serial port.</summary>
    public IReadOnlyList<CharacterDeviceXml> CharacterDevices =>
    [
        .. _devices.Elements()
            .Where(element => element.Name.LocalName is "serial" or "parallel" or "console" or "channel")
            .Select(element => new CharacterDeviceXml(element)),
    ];

    /// <summary>TPM backends: <c>emulator</c>, <c>passthrough</c>, <c>external</c>.</summary>
    public IReadOnlyList<string> TpmBackends => [.. _devices.Elements("tpm").Select(tpm => tpm.Element("backend").Text("type") ?? "")];

    /// <summary>Host devices given to the guest, as <c>mode/type</c>, for example <c>subsystem/pci</c>.</summary>
    public IReadOnlyList<string> HostDevices =>
        [.. _devices.Elements("hostdev").Select(device => $"{device.Text("mode") ?? ""}/{device.Text("type") ?? ""}")];

    /// <summary>Drivers of shared file systems: <c>virtiofs</c>, <c>path</c> (9p), …</summary>
    public IReadOnlyList<string> FileSystems =>
        [.. _devices.Elements("filesystem").Select(element => element.Element("driver").Text("type") ?? "path")];

    /// <summary>A vsock device is present.</summary>
    public bool HasVsock => _devices.Elements("vsock").Any();

    /// <summary>Models of shared memory devices: <c>ivshmem-plain</c>, <c>ivshmem-doorbell</c>.</summary>
    public IReadOnlyList<string> SharedMemoryModels => [.. _devices.Elements("shmem").Select(element => element.Element("model").Text("type") ?? "")];

    /// <summary>Backends of random number generators: <c>random</c>, <c>egd</c>, <c>builtin</c>.</summary>
    public IReadOnlyList<string> RandomBackends => [.. _devices.Elements("rng").Select(element => element.Element("backend").Text("model") ?? "")];

    /// <summary>Models of watchdogs.</summary>
    public IReadOnlyList<string> Watchdogs => [.. _devices.Elements("watchdog").Select(element => element.Text("model") ?? "")];

    /// <summary>Models of memory devices: <c>dimm</c>, <c>nvdimm</c>, <c>virtio-mem</c>, …</summary>
    public IReadOnlyList<string> MemoryDevices => [.. _devices.Elements("memory").Select(element => element.Text("model") ?? "")];

    /// <summary>Models of video devices.</summary>
    public IReadOnlyList<string> Videos => [.. _devices.Elements("video").Select(element => element.Element("model").Text("type") ?? "")];

    /// <summary>Number of redirected USB devices.</summary>
    public int RedirectedDevices => _devices.Elements("redirdev").Count();

    /// <summary>The balloon's model; <c>none</c> when the guest has none.</summary>
    public string BalloonModel => _devices.Element("memballoon").Text("model") ?? "none";

    /// <summary>The balloon's polling interval in s; 0 when it does not poll. QEMU forgets it in a migration.</summary>
    public int BalloonStatsPeriod => SafeXml.Int(_devices.Element("memballoon")?.Element("stats").Text("period")) ?? 0;

    /// <summary>Every alias of a device.</summary>
    public IReadOnlyList<string> Aliases => [.. _devices.Elements().Elements("alias").Select(alias => alias.Text("name")).OfType<string>()];

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
