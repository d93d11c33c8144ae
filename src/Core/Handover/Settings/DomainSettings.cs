using System.Globalization;
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
    internal static IEnumerable<Replay> Early(DomainXml domain, CommandLine line) =>
        [.. Actions(domain, line), .. ThreadPools(domain, line)];

    /// <summary>The cards whose cable is pulled. Only virtio's state says so of itself; the others are told when they have loaded theirs, before the guest goes on.</summary>
    internal static IReadOnlyList<Replay> Links(DomainXml domain) =>
    [
        .. domain.Interfaces
            .Where(card => card.LinkState == "down" && card.Alias.Length > 0 && !card.Model.StartsWith("virtio", StringComparison.Ordinal))
            .Select(card => new Replay($"The pulled cable of {card.Alias}", "set_link", new JsonObject { ["name"] = card.Alias, ["up"] = false })),
    ];

    /// <summary>
    /// Two readings of a domain's definition say the same. Whatever the API changes on a running VM, it writes there; what the guest
    /// changes by itself does not count.
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

    // libvirt starts every VM so that QEMU resets at a reboot, and tells it right afterwards, or at 'virsh set-lifecycle-action', to end instead.
    private static IEnumerable<Replay> Actions(DomainXml domain, CommandLine line)
    {
        if (domain.Element.Element("on_reboot")?.Value == "destroy" && line.Last("no-reboot") is null)
            yield return new Replay("What happens when the guest reboots", "set-action", new JsonObject { ["reboot"] = "shutdown" });
    }

    private static IEnumerable<Replay> ThreadPools(DomainXml domain, CommandLine line)
    {
        foreach (var thread in domain.Element.Elements("iothreadids").Elements("iothread"))
        {
            var id = "iothread" + thread.Attribute("id")?.Value;
            var written = line.Find("object", id)?.Value;
            var (min, max) = (Pool(id, "min", thread, written), Pool(id, "max", thread, written));
            // The smallest must never be above the largest. QEMU's own largest is 64.
            var largest = int.TryParse(written?.Text("thread-pool-max"), NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : 64;
            var maxFirst = min is not null && max is not null && min.Arguments["value"]!.GetValue<int>() > largest;
            foreach (var replay in (maxFirst ? (Replay?[])[max, min] : [min, max]).OfType<Replay>())
                yield return replay;
        }
    }

    private static Replay? Pool(string id, string end, XElement thread, OptionValue? written)
    {
        var wanted = thread.Attribute("thread_pool_" + end)?.Value;
        return int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && written?.Text("thread-pool-" + end) != wanted
            ? new Replay(
                $"The {(end == "min" ? "smallest" : "largest")} pool of the I/O thread {id}",
                "qom-set",
                new JsonObject { ["path"] = "/objects/" + id, ["property"] = "thread-pool-" + end, ["value"] = value })
            : null;
    }
}
