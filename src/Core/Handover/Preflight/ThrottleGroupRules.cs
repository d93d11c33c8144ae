using System.Text.Json;
using System.Xml.Linq;
using VirtHandover.Contract;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>Throttle groups (libvirt 11.2): the command line has them as they were at the start, libvirt as they are now.</summary>
internal static class ThrottleGroupRules
{
    private const string Prefix = "throttle-";

    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        if (facts.Status is not { } status)
            yield break;
        var now = status.Domain.Element.Elements("throttlegroups").Elements("throttlegroup")
            .DistinctBy(Name).ToDictionary(Name, Limits, StringComparer.Ordinal);
        var started = facts.Line.All("object").Where(o => o.Kind == "throttle-group" && o.Id?.StartsWith(Prefix, StringComparison.Ordinal) == true)
            .DistinctBy(o => o.Id).ToDictionary(o => o.Id![Prefix.Length..], Limits, StringComparer.Ordinal);
        foreach (var name in now.Keys.Union(started.Keys).Where(name => now.GetValueOrDefault(name, "") != started.GetValueOrDefault(name, "")))
            yield return FindingCodes.IoTune.Says($"The throttle group '{name}' is not as it was at the VM's start.");
    }

    private static string Name(XElement group) => group.Element("group_name")?.Value ?? "";

    // total_bytes_sec_max_length to bps-total-max-length.
    private static string Limits(XElement group) => Text(group.Elements().Where(item => item.Name.LocalName != "group_name").Select(item =>
    {
        var words = item.Name.LocalName.Split('_');
        var name = words is ["size", "iops", "sec"] ? "iops-size"
            : string.Join('-', [words.ElementAtOrDefault(1) == "bytes" ? "bps" : "iops", words[0], .. words.Skip(3)]);
        return (name, SafeXml.Long(item.Value) ?? 0);
    }));

    private static string Limits(CommandLineOption group)
    {
        try
        {
            var limits = QmpReply.Parse(System.Text.Encoding.UTF8.GetBytes(group.Value.Text("limits") ?? "{}"));
            return Text(new QmpReply(limits, "its command line", "limits").Numbers().Select(item => (item.Key, item.Value)));
        }
        catch (Exception exception) when (exception is JsonException or QmpProtocolException)
        {
            throw new CommandLineException($"The limits of the throttle group '{group.Id}' on QEMU's command line cannot be read.");
        }
    }

    private static string Text(IEnumerable<(string Name, long Value)> limits) =>
        "limits " + string.Join(',', limits.Where(limit => limit.Value != 0).OrderBy(limit => limit.Name, StringComparer.Ordinal));
}
