using System.Text;
using System.Xml.Linq;
using VirtHandover.Handover.Records;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Tests.Unit.Handover.Records;

/// <summary>
/// libvirt's own pairs of definition and command line, of its source's <c>tests/qemuxmlconfdata</c> (before 10.0 <c>qemuxml2argvdata</c>): none may be
/// refused. They are not part of this repository: <c>eng/libvirt-pairs</c> fetches them and runs this. What was recorded in the lab is checked always.
/// </summary>
public class LibvirtPairsTests
{
    /// <summary>Names the folders of libvirt's sources, parted by colons.</summary>
    private const string Variable = "VH_LIBVIRT_SOURCES";

    // What libvirt's tests name so, and libvirt otherwise: the socket of a TPM, a session's directory, a stream, volumes of a pool.
    private static readonly Dictionary<string, string> Standins = new(StringComparer.Ordinal)
    {
        ["/dev/test"] = "/run/libvirt/qemu/swtpm/OWN-swtpm.sock",
        ["/bad-test-used-env-xdg-runtime-dir/libvirt/qemu/run/"] = "/run/libvirt/qemu/",
        ["exec:cat"] = "defer",
        ["/some/dir/device/"] = "/pool/dir+",
        ["/some/block/device/cdrom"] = "/pool/block+cdrom",
    };

    // What libvirt writes into the live definition before it starts QEMU, and its test of 9.0 does not print.
    private static readonly string[] FilledIn = ["/usr/share/OVMF/", "/usr/share/seabios/", "/var/lib/libvirt/qemu/nvram/"];

    [Fact]
    public void None_of_them_is_refused()
    {
        IReadOnlyList<Start> starts = [.. Start.Recorded, .. Sources.SelectMany(Pairs)];
        var refused = starts.Select(start => (start.Name, Problems: Problems(start))).Where(each => each.Problems.Count > 0)
            .Select(each => $"{each.Name}: {string.Join(" ", each.Problems)}").ToList();
        Assert.True(refused.Count == 0, $"{refused.Count} of {starts.Count}:\n{string.Join('\n', refused)}");
        // A folder that holds nothing would make this a test that cannot fail.
        Assert.All(Sources, source => Assert.True(Pairs(source).Count() > 300, $"{source} has too few pairs."));
    }

    private static string[] Sources => Environment.GetEnvironmentVariable(Variable)?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static List<string> Problems(Start start)
    {
        var environment = LibvirtEnvironment.Of(start.Environment, start.Facts, []);
        List<string> problems = [.. start.Problems(start.Words), .. environment.Problems];
        if (environment.Problems.Count == 0 && !environment.Variables.Order().SequenceEqual(start.Environment.Order()))
            problems.Add($"The environment would be {string.Join(' ', environment.Variables)}.");
        return problems;
    }

    private static IEnumerable<Start> Pairs(string source)
    {
        var tests = Path.Combine(source, "tests");
        var folder = new[] { "qemuxmlconfdata", "qemuxml2argvdata" }.Select(name => Path.Combine(tests, name)).First(Directory.Exists);
        foreach (var file in Directory.EnumerateFiles(folder, "*.x86_64-*.args").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            var stem = name[..name.IndexOf(".x86_64-", StringComparison.Ordinal)];
            string[] definitions =
            [
                Path.Combine(folder, stem + ".xml"),
                Path.ChangeExtension(file, ".xml"),
                Path.Combine(tests, "qemuxml2xmloutdata", Path.ChangeExtension(name, ".xml")),
                Path.Combine(tests, "qemuxml2xmloutdata", stem + ".xml"),
            ];
            var documents = definitions.Where(File.Exists).Select(path => XDocument.Load(path, LoadOptions.PreserveWhitespace)).ToList();
            var words = Words(File.ReadAllText(file)).ToList();
            var environment = words.TakeWhile(word => !word.StartsWith('/')).ToArray();
            var home = environment.First(variable => variable.StartsWith("HOME=", StringComparison.Ordinal))["HOME=".Length..];
            var own = Path.GetFileName(home)["domain-".Length..];
            foreach (var (standin, real) in Standins)
                words = [.. words.Select(word => word.Replace(standin, real.Replace("OWN", own, StringComparison.Ordinal), StringComparison.Ordinal))];
            var firmware = words.SelectMany(word => word.Split('"')).Where(part => FilledIn.Any(place => part.StartsWith(place, StringComparison.Ordinal)));
            documents.Add(new XDocument(new XElement("domain", new XElement("os", firmware.Select(path => new XElement("loader", path))))));
            var live = DomainXml.Parse(Live(documents));
            yield return new Start(
                name,
                [.. words.Skip(environment.Length)],
                environment,
                new DomainFacts(live, Start.Defaults, home, live.Emulator.Length == 0 ? words[environment.Length] : ""));
        }
    }

    // The input, with what libvirt's output has beyond it: together they say what a live definition does.
    private static string Live(List<XDocument> documents)
    {
        var live = new XElement(documents[0].Root!);
        var output = documents.Skip(1).SelectMany(document => document.Root!.Elements()).Where(element => element.Name.LocalName is "os" or "devices");
        foreach (var device in output.Elements())
            (live.Element("devices") ?? live).Add(new XElement(device));
        return live.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>A shell's words: single and double quotes, a backslash at a line's end.</summary>
    private static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        var isOpen = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\' when i + 1 < text.Length:
                    if (text[++i] != '\n')
                        word.Append(text[i]);
                    break;
                case '\'':
                    isOpen = true;
                    for (i++; text[i] != '\''; i++)
                        word.Append(text[i]);
                    break;
                case '"':
                    isOpen = true;
                    for (i++; text[i] != '"'; i++)
                        word.Append(text[i] == '\\' ? text[++i] : text[i]);
                    break;
                case ' ' or '\n':
                    if (isOpen || word.Length > 0)
                        yield return word.ToString();
                    word.Clear();
                    isOpen = false;
                    break;
                default:
                    word.Append(text[i]);
                    break;
            }
        }

        if (isOpen || word.Length > 0)
            yield return word.ToString();
    }
}
