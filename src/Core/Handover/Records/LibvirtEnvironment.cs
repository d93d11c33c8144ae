using System.Text.RegularExpressions;
using System.Xml.Linq;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Handover.Records;

/// <summary>
/// The environment that libvirt gives a domain's QEMU: <c>qemuBuildCommandLine</c> and <c>virCommandAddEnvPassCommon</c> of libvirt 8.0 to 12.8. What the old
/// process was started with decides only which of several values libvirt may give; a variable that libvirt does not set never reaches the new one.
/// </summary>
/// <param name="Variables">The environment for the new QEMU, <c>NAME=value</c>, in libvirt's order.</param>
/// <param name="Problems">What the old one has and libvirt would not have given it, or lacks, a sentence each.</param>
internal sealed partial record LibvirtEnvironment(IReadOnlyList<string> Variables, IReadOnlyList<string> Problems)
{
    private const int MostProblems = 8;

    // A shell sets these by itself. Until 0.1 one stood before each new QEMU.
    private static readonly string[] OfShells = ["PWD", "OLDPWD", "SHLVL", "_"];

    // Handed on from libvirt's daemon; which program is loaded into QEMU they do not decide.
    private static readonly Dictionary<string, Regex> Passed = new(StringComparer.Ordinal)
    {
        ["PATH"] = Paths(),
        ["USER"] = Word(),
        ["LOGNAME"] = Word(),
        ["TMPDIR"] = OnePath(),
        ["SDL_AUDIODRIVER"] = Word(),
        ["QEMU_AUDIO_DRV"] = Word(),
        ["SASL_CONF_PATH"] = OnePath(),
        ["PIPEWIRE_CORE"] = Word(),
        ["PIPEWIRE_REMOTE"] = Word(),
        ["PIPEWIRE_RUNTIME_DIR"] = OnePath(),
    };

    private static readonly string[] Order =
    [
        "LC_ALL", "LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TZ",
    ];

    // These bring code into QEMU. libvirt hands on those of its own daemon; the domain's own stand in its <qemu:env>.
    private static readonly string[] Loaders = ["LD_PRELOAD", "LD_LIBRARY_PATH"];

    /// <summary>Builds it.</summary>
    /// <param name="old">What the old process was started with.</param>
    /// <param name="facts">What libvirt says of the domain.</param>
    /// <param name="daemon">The environment of libvirt's daemon; empty when it is not known.</param>
    internal static LibvirtEnvironment Of(IReadOnlyList<string> old, DomainFacts facts, IReadOnlyList<string> daemon)
    {
        var problems = new List<string>();
        var has = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in old)
        {
            var at = entry.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                problems.Add("Its environment holds text that is no variable.");
            else if (!has.TryAdd(entry[..at], entry[(at + 1)..]))
                problems.Add($"Its environment has {LineCheck.Quote(entry[..at])} twice.");
        }

        var home = facts.LibDirectory;
        var own = facts.Domain.ExtraEnvironment;
        var fixedOnes = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["LC_ALL"] = "C",
            ["HOME"] = home,
            ["XDG_DATA_HOME"] = home + "/.local/share",
            ["XDG_CACHE_HOME"] = home + "/.cache",
            ["XDG_CONFIG_HOME"] = home + "/.config",
        };
        foreach (var (name, value) in own)
            fixedOnes[name] = value;
        foreach (var (name, value) in fixedOnes)
        {
            if (!has.TryGetValue(name, out var found))
                problems.Add($"Its environment lacks {LineCheck.Quote(name)}.");
            else if (found != value)
                problems.Add($"Its environment has another {LineCheck.Quote(name)} than libvirt gives.");
        }

        var given = new Dictionary<string, string>(fixedOnes, StringComparer.Ordinal);
        foreach (var (name, value) in has.Where(each => !fixedOnes.ContainsKey(each.Key) && !OfShells.Contains(each.Key)))
        {
            if (IsLibvirts(name, value, facts.Domain, daemon))
                given[name] = value;
            else
                problems.Add($"Its environment has {LineCheck.Quote(name)} as libvirt does not give it.");
        }

        var ownNames = own.Select(each => each.Name).ToHashSet(StringComparer.Ordinal);
        return new LibvirtEnvironment(
            [.. given.OrderBy(each => Rank(each.Key, ownNames)).Select(each => $"{each.Key}={each.Value}")],
            [.. problems.Distinct().Take(MostProblems)]);
    }

    private static bool IsLibvirts(string name, string value, DomainXml domain, IReadOnlyList<string> daemon) => name switch
    {
        _ when Loaders.Contains(name) => daemon.Contains($"{name}={value}"),
        "TZ" => domain.Element.Element("clock").Text("timezone") == value,
        "DISPLAY" => Graphics(domain, "display").Contains(value),
        "XAUTHORITY" => Graphics(domain, "xauth").Contains(value),
        _ => Passed.TryGetValue(name, out var pattern) && pattern.IsMatch(value),
    };

    private static IEnumerable<string> Graphics(DomainXml domain, string attribute) =>
        domain.Element.Elements("devices").Elements("graphics").Select(element => element.Text(attribute)).OfType<string>();

    private static int Rank(string name, HashSet<string> own) =>
        Array.IndexOf(Order, name) is var at and >= 0 ? at : own.Contains(name) ? Order.Length + 1 : Order.Length;

    [GeneratedRegex(@"\A[^\s/=\p{C}]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Word();

    [GeneratedRegex(@"\A/[^\p{C}]{0,4096}\z", RegexOptions.CultureInvariant)]
    private static partial Regex OnePath();

    [GeneratedRegex(@"\A[^\p{C}]{0,4096}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Paths();
}
