using System.Reflection;
using System.Runtime.CompilerServices;
using VirtHandover.Handover.Preflight;

namespace VirtHandover.Tests.Unit.Handover.Preflight;

public class FindingCodesTests
{
    [Fact]
    public void The_document_and_the_list_agree()
    {
        var rows = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "..", "..", "docs", "preflight.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsUpper(line[2]))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (cells[1], cells[2], cells[3]));
        Assert.Equal(FindingCodes.All.Select(c => (c.Code, c.Severity.ToString(), c.Meaning)), rows);
    }

    [Fact]
    public void Every_code_is_in_the_list_once_and_speaks_in_sentences()
    {
        var fields = typeof(FindingCodes).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(f => f.FieldType == typeof(FindingCode)).Select(f => (FindingCode)f.GetValue(null)!).ToList();
        Assert.Equal(fields, FindingCodes.All);
        Assert.Equal(fields.Count, fields.DistinctBy(c => c.Code).Count());
        Assert.All(fields, c => Assert.EndsWith(".", c.Says("It was found.").Sentence, StringComparison.Ordinal));
        Assert.All(fields, c => Assert.EndsWith(".", c.Meaning, StringComparison.Ordinal));
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
