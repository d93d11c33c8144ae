using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace VirtHandover.Tests.Unit;

/// <summary>docs/architecture.md draws the walls as the projects have them.</summary>
public sealed partial class WallsTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Repository.Root, "docs/architecture.md"));

    public static TheoryData<string> Projects =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)).Order()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_sees_what_its_row_says(string project)
    {
        var name = project.Split('.')[1];
        var file = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), project, SearchOption.AllDirectories).Single();
        var row = Assert.Single(Page, line => line.StartsWith($"| {name} |", StringComparison.Ordinal)).Trim('|').Split('|')[^1];
        Assert.Equal(
            row.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Order(),
            XDocument.Load(file).Descendants("ProjectReference").Select(one => Path.GetFileName(one.Attribute("Include")!.Value).Split('.')[1]).Order());
    }

    [Fact]
    public void Every_file_that_the_page_names_is_there()
    {
        var there = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories).ToList();
        var named = Page.SelectMany(line => SourceFile().Matches(line)).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(there, file => file.EndsWith("/" + name, StringComparison.Ordinal)));
    }

    // Hidden ways are the ones that the compiler would not hold: an assembly behind a reference.
    [Fact]
    public void No_project_sees_behind_what_it_names() => Assert.Equal(
        [("src/Directory.Build.props", "true")],
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".csproj" or ".props" or ".targets" && !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => XDocument.Load(file).Descendants("DisableTransitiveProjectReferences").Select(one => (Path.GetRelativePath(Repository.Root, file), one.Value))));

    [GeneratedRegex(@"`([A-Za-z0-9/.]+\.cs)`")]
    private static partial Regex SourceFile();
}
