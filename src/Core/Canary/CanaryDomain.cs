using System.Xml.Linq;
using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Canary;

/// <summary>
/// The throw-away VM: a machine and a CPU like a real VM's, 32 MiB of shared memory, two virtio devices (random numbers, and the balloon
/// that libvirt adds), firmware that finds nothing to boot; no disk, no network.
/// </summary>
public static class CanaryDomain
{
    /// <summary>Always the same, so that one that was left over is found again, and scans leave it out.</summary>
    public static readonly Guid Uuid = new("6b1d7b1e-5c0c-4a7a-9a3e-0c3f5d2e7a11");

    private const string Name = "virt-handover-canary";

    /// <summary>Starts it as a transient domain. Nothing breaks that off: a start that nobody waits for would come at any time.</summary>
    /// <param name="libvirt">The connection.</param>
    /// <param name="model">The VM that it is to be like.</param>
    /// <param name="emulator">The QEMU to start it on.</param>
    /// <param name="limit">How long libvirt may take.</param>
    /// <exception cref="LibvirtException">It does not start, or did not within the limit: then it still may.</exception>
    internal static Task StartAsync(LibvirtConnection libvirt, DomainXml model, string emulator, TimeSpan limit) =>
        libvirt.CreateAsync(Name, Xml(model, emulator), limit);

    /// <summary>Its status file, while it runs.</summary>
    /// <param name="paths">Where libvirt's files are.</param>
    /// <exception cref="StatusFileException">There is none, or it is not valid.</exception>
    internal static StatusFile ReadStatus(LibvirtPaths paths) => StatusFile.Read(paths.StatusFile(Name));

    /// <summary>Its definition.</summary>
    /// <param name="model">The VM that it is to be like.</param>
    /// <param name="emulator">The QEMU to start it on.</param>
    /// <returns>The XML text.</returns>
    internal static string Xml(DomainXml model, string emulator) => new XElement(
        "domain",
        new XAttribute("type", model.Type),
        new XElement("name", Name),
        new XElement("uuid", Uuid),
        new XElement("memory", new XAttribute("unit", "MiB"), 32),
        new XElement(
            "memoryBacking",
            new XElement("source", new XAttribute("type", "file")),
            new XElement("access", new XAttribute("mode", "shared"))),
        new XElement("vcpu", 1),
        new XElement("os", new XElement("type", new XAttribute("arch", model.Architecture), new XAttribute("machine", model.Machine), "hvm")),
        model.Architecture is "x86_64" or "i686" ? new XElement("features", new XElement("acpi"), new XElement("apic")) : null,
        Cpu(model),
        new XElement("on_reboot", "destroy"),
        new XElement("on_crash", "destroy"),
        new XElement(
            "devices",
            new XElement("emulator", emulator),
            new XElement("controller", new XAttribute("type", "usb"), new XAttribute("model", "none")),
            new XElement("video", new XElement("model", new XAttribute("type", "none"))),
            new XElement(
                "rng",
                new XAttribute("model", "virtio"),
                new XElement("backend", new XAttribute("model", "random"), "/dev/urandom")))).ToString();

    // The features of the CPU are part of what is handed over; how many of them there are is not.
    private static XElement? Cpu(DomainXml model)
    {
        if (model.Element.Element("cpu") is not { } cpu)
            return null;
        var copy = new XElement(cpu);
        copy.Elements("topology").Remove();
        copy.Elements("numa").Remove();
        return copy;
    }
}
