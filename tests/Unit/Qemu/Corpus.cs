using System.Runtime.CompilerServices;

namespace VirtHandover.Tests.Unit.Qemu;

/// <summary>Real and self-made material, kept beside the tests.</summary>
internal static class Corpus
{
    internal static readonly string Root = Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "corpus");

    internal static IReadOnlyList<string> CommandLines => [.. Directory.GetFiles(Path.Combine(Root, "cmdline"), "*.args").Order(StringComparer.Ordinal)];

    internal static string[] CommandLine(string name) => File.ReadAllLines(Path.Combine(Root, "cmdline", name + ".args"));

    internal static IReadOnlyList<string> QmpReplies => [.. Directory.GetFiles(Path.Combine(Root, "qmp")).Order(StringComparer.Ordinal)];

    internal static string QmpReply(string name) => File.ReadAllText(Path.Combine(Root, "qmp", name));

    internal static string Program(string name) => Path.GetFullPath(Path.Combine(Root, "programs", name));

    private static string Here([CallerFilePath] string path = "") => path;
}
