using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace VirtHandover.Tests.Integration.Views;

/// <summary>What libvirt says of a running VM: its definition, and the answer to every question that <c>virsh</c> has for a setting.</summary>
/// <param name="Parts">Text of each answer, by the command that was asked.</param>
internal sealed record LibvirtView(IReadOnlyDictionary<string, string> Parts)
{
    private const string Mark = "-- ask --";

    private static readonly string[] Questions =
    [
        "dominfo {0}", "domid {0}", "domuuid {0}", "domstate {0} --reason", "schedinfo {0}", "iothreadinfo {0}", "memtune {0}", "blkiotune {0}",
        "numatune {0}", "vcpupin {0}", "emulatorpin {0}", "vcpuinfo {0} --pretty", "vcpucount {0}", "perf {0}", "domblklist {0} --details", "domiflist {0}",
        "domdisplay {0} --include-password", "vncdisplay {0}", "ttyconsole {0}", "desc {0}", "desc {0} --title", "domblkerror {0}",
        "migrate-getmaxdowntime {0}", "migrate-compcache {0}",
    ];

    // Values of domstats that somebody has set; the others count what happens.
    private static readonly Regex Set = new(
        @"^\s*(state\.state|balloon\.(current|maximum)=|vcpu\.(current|maximum)=|net\.(count|\d+\.name)|block\.(count|\d+\.(name|path|capacity|threshold))|iothread\.)",
        RegexOptions.CultureInvariant);

    /// <summary>Asks.</summary>
    /// <param name="virsh">Runs virsh quietly with one argument and returns what it printed; commands are parted by semicolons.</param>
    /// <param name="domain">The VM.</param>
    internal static async Task<LibvirtView> Take(Func<string, Task<string>> virsh, string domain)
    {
        var xml = await virsh($"dumpxml {domain} --security-info");
        var devices = XElement.Parse(xml).Element("devices")!;
        var disks = devices.Elements("disk").Select(disk => disk.Element("target")!.Attribute("dev")!.Value);
        var cards = devices.Elements("interface").Select(card => card.Element("target")?.Attribute("dev")?.Value).OfType<string>();
        string[] commands =
        [
            .. Questions.Select(question => question.Replace("{0}", domain, StringComparison.Ordinal)),
            .. disks.Select(disk => $"blkdeviotune {domain} {disk}"),
            .. cards.SelectMany(card => new[] { $"domiftune {domain} {card}", $"domif-getlink {domain} {card}" }),
        ];
        var script = string.Join("; ", commands.Append($"domstats {domain}").Select(command => $"echo '{Mark}'; {command}"));
        var answers = (await virsh(script)).Split(Mark)[1..];
        var parts = commands.Zip(answers).ToDictionary(pair => pair.First, pair => pair.Second.Trim(), StringComparer.Ordinal);
        parts["dumpxml"] = xml;
        parts["domstats"] = string.Join('\n', answers[^1].Split('\n').Where(line => Set.IsMatch(line)));
        return new LibvirtView(parts);
    }

    /// <summary>What another view does not say alike, one line each.</summary>
    internal IReadOnlyList<string> DifferencesTo(LibvirtView later) =>
    [
        .. Parts.Keys.Union(later.Parts.Keys).SelectMany(part => Lines(part.Split(' ')[0], part, Parts.GetValueOrDefault(part, ""), later.Parts.GetValueOrDefault(part, ""))),
    ];

    private static IEnumerable<string> Lines(string kind, string part, string before, string after)
    {
        var (one, other) = (KnownDifferences.Steady(kind, before).Split('\n'), KnownDifferences.Steady(kind, after).Split('\n'));
        if (one.Length == other.Length && one.Zip(other).All(pair => KnownDifferences.AreNear(kind, pair.First, pair.Second)))
            return [];
        return [.. one.Except(other).Select(line => $"{part}: before: {line.Trim()}"), .. other.Except(one).Select(line => $"{part}: after: {line.Trim()}")];
    }
}
