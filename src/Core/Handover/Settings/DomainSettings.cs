using System.Text.Json.Nodes;
using System.Xml.Linq;
using VirtHandover.Handover.Journal;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Settings;

/// <summary>
/// The settings that libvirt makes by QMP, at a domain's start or later, and that QEMU does not tell again: they are in the domain's
/// definition only, as libvirt's status file has it.
/// </summary>
internal static class DomainSettings
{
    // A guest changes these by itself; metadata is nothing to QEMU, and stays in the status file.
    private static readonly string[] Volatile = ["currentMemory", "metadata", "title", "description"];

    /// <summary>What the target is told before the guest stands still. All of it may be repeated.</summary>
    /// <param name="domain">The definition in the status file.</param>
    /// <param name="line">The logical command line.</param>
    internal static IEnumerable<Replay> Early(DomainXml domain, CommandLine line)
    {
        // Every VM starts so that QEMU resets at a reboot; libvirt tells it to end instead right afterwards, or at 'virsh set-lifecycle-action'.
        if (domain.Element.Element("on_reboot")?.Value == "destroy" && line.Last("no-reboot") is null)
            yield return new Replay("What happens when the guest reboots", "set-action", new JsonObject { ["reboot"] = "shutdown" });
    }

    /// <summary>
    /// The cards whose cable is pulled. Only virtio's state says so of itself; the others are told when they have loaded theirs, before the guest
    /// goes on.
    /// </summary>
    internal static IReadOnlyList<Replay> Links(DomainXml domain) =>
    [
        .. domain.Interfaces
            .Where(card => card.LinkState == "down" && card.Alias.Length > 0 && !card.Model.StartsWith("virtio", StringComparison.Ordinal))
            .Select(card => new Replay($"The pulled cable of {card.Alias}", "set_link", new JsonObject { ["name"] = card.Alias, ["up"] = false })),
    ];

    /// <summary>
    /// Two readings of a domain's definition say the same. What the API changes on a running VM and QEMU does not tell, it writes there; what the
    /// guest changes by itself does not count.
    /// </summary>
    internal static bool AreSame(DomainXml one, DomainXml other) => XNode.DeepEquals(Steady(one), Steady(other));

    private static XElement Steady(DomainXml domain)
    {
        var copy = new XElement(domain.Element);
        copy.Elements().Where(element => Volatile.Contains(element.Name.LocalName)).Remove();
        // The guest sets its clock, opens its end of a channel and its tray.
        copy.Element("clock")?.Attribute("adjustment")?.Remove();
        copy.Descendants("target").Attributes().Where(attribute => attribute.Name.LocalName is "state" or "tray").Remove();
        copy.DescendantNodes().OfType<XText>().Where(text => string.IsNullOrWhiteSpace(text.Value)).Remove();
        return copy;
    }
}
