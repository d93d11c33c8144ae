using VirtHandover.Handover.Records;
using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Tests.Unit.Handover.Records;

/// <summary>How libvirt started a VM: its words, its environment and what libvirt says of it.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Words">The command line.</param>
/// <param name="Environment">The environment.</param>
/// <param name="Facts">What libvirt says.</param>
internal sealed record Start(string Name, string[] Words, string[] Environment, DomainFacts Facts)
{
    internal static QemuConf Defaults { get; } = new("nop", []);

    /// <summary>Recorded in the lab: a status file, the command line and the environment as the kernel showed them.</summary>
    internal static IReadOnlyList<Start> Recorded { get; } =
    [
        .. Corpus.Files("starts").Where(file => file.EndsWith(".xml", StringComparison.Ordinal)).Select(file =>
        {
            var words = File.ReadAllLines(Path.ChangeExtension(file, ".args"));
            var facts = DomainFacts.Of(StatusFile.Read(file), Defaults, words[0]);
            return new Start(Path.GetFileName(file), words, File.ReadAllLines(Path.ChangeExtension(file, ".env")), facts);
        }),
    ];

    /// <summary>The recorded one with shared memory, a disk and a network card.</summary>
    internal static Start Shared => Recorded.Single(start => start.Name.Contains("shared", StringComparison.Ordinal));

    /// <summary>A definition in which the namespace of <c>qemu:commandline</c> is declared.</summary>
    internal static string Qemu(string xml) =>
        xml.Replace("<domain ", "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ", StringComparison.Ordinal);

    internal IReadOnlyList<string> Problems(IReadOnlyList<string> words) => LineCheck.Problems(words, Facts);

    /// <summary>The same domain with another definition.</summary>
    internal Start With(Func<string, string> edit) =>
        this with { Facts = Facts with { Domain = DomainXml.Parse(edit(Facts.Domain.Element.ToString())) } };

    /// <summary>The words with one option's argument replaced.</summary>
    internal string[] With(string option, Func<string, string> edit)
    {
        var at = Array.IndexOf(Words, option);
        Assert.True(at > 0, $"There is no {option}.");
        return [.. Words[..(at + 1)], edit(Words[at + 1]), .. Words[(at + 2)..]];
    }
}
