using System.Reflection;
using System.Text.RegularExpressions;
using VirtHandover.Logging;

namespace VirtHandover.Tests.Unit.Logging;

/// <summary>What a script may ask the journal for is what docs/service.md says.</summary>
public sealed partial class MessageKindTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs/service.md"));

    private static IEnumerable<PropertyInfo> Declared =>
        typeof(MessageKind).GetProperties(BindingFlags.Public | BindingFlags.Static).Where(property => property.PropertyType == typeof(MessageKind));

    [Fact]
    public void The_table_of_kinds_is_the_program_s() => Assert.Equal(
        MessageKind.All.Select(kind => (kind.Name, kind.Id)),
        KindRow().Matches(Page).Select(row => (row.Groups[1].Value, row.Groups[2].Value)));

    [Fact]
    public void The_table_of_fields_is_the_program_s() => Assert.Equal(
        ["PRIORITY", "SYSLOG_IDENTIFIER", "MESSAGE", .. LogField.All.Select(field => field.Name)],
        FieldRow().Matches(Page).Select(row => row.Groups[1].Value));

    [Fact]
    public void No_kind_is_missing_in_the_list_and_no_two_are_one()
    {
        Assert.Equal(Declared.Select(property => property.GetValue(null)), MessageKind.All);
        Assert.Equal(MessageKind.All.Count, MessageKind.All.Select(kind => kind.Name).Distinct().Count());
        Assert.Equal(MessageKind.All.Count, MessageKind.All.Select(kind => kind.Id).Distinct().Count());
        Assert.All(MessageKind.All, kind => Assert.Equal(kind.Id, Guid.ParseExact(kind.Id, "N").ToString("N")));
    }

    // A kind that nothing says any more would stay in the documents.
    [Fact]
    public void Each_kind_is_said_somewhere()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText).ToList();
        foreach (var property in Declared)
            Assert.Contains(sources, source => source.Contains($"{nameof(MessageKind)}.{property.Name}", StringComparison.Ordinal));
        // Taking objects apart needs reflection, which a program that is compiled ahead of time has not.
        Assert.DoesNotContain(sources, source => source.Contains("{@", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\| `([a-z-]+)` \| `([0-9a-f]{32})` \|", RegexOptions.Multiline)]
    private static partial Regex KindRow();

    [GeneratedRegex(@"^\| `([A-Z_]+)=` \|", RegexOptions.Multiline)]
    private static partial Regex FieldRow();
}
