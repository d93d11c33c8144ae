using System.Text.RegularExpressions;
using VirtHandover.Contract;
using VirtHandover.Handover.Preflight;
using VirtHandover.Tests.Integration.Views;

namespace VirtHandover.Tests.Unit.Handover.Settings;

/// <summary>docs/settings.md is complete: no command of virsh and no function of libvirt's API without a word of what a handover does with it.</summary>
public partial class SettingsPageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Repository.Root, "docs/settings.md"));

    private static readonly List<(string Virsh, string Api, string Kind, string How)> Rows =
        [.. Page.Select(line => line.Split(" | ")).Where(cells => cells.Length == 5 && cells[3].StartsWith("**", StringComparison.Ordinal))
            .Select(cells => (cells[0], cells[1], cells[3], cells[4]))];

    [Theory]
    [InlineData("commands-9.0.txt")]
    [InlineData("commands-12.8-new.txt")]
    public void Every_command_has_exactly_one_row(string list)
    {
        var rows = Rows.SelectMany(row => Names(row.Virsh)).ToList();
        var commands = File.ReadAllLines(Path.Combine(Repository.Root, "tests/corpus/virsh/" + list));
        Assert.Empty(commands.Except(rows));
        Assert.Equal(rows.Count, rows.Distinct().Count());
    }

    [Fact]
    public void No_row_is_about_a_command_that_does_not_exist()
    {
        string[] known = [.. File.ReadAllLines(Path.Combine(Repository.Root, "tests/corpus/virsh/commands-9.0.txt")), .. File.ReadAllLines(Path.Combine(Repository.Root, "tests/corpus/virsh/commands-12.8-new.txt"))];
        Assert.Empty(Rows.SelectMany(row => Names(row.Virsh)).Except(known));
    }

    [Fact]
    public void Every_function_that_can_change_something_has_a_row()
    {
        var functions = File.ReadAllLines(Path.Combine(Repository.Root, "tests/corpus/virsh/functions-12.8.txt"));
        var rows = Rows.SelectMany(row => Names(row.Api)).ToList();
        Assert.Empty(functions.Where(name => !Telling().IsMatch(name)).Except(rows));
        Assert.Empty(rows.Where(name => name.StartsWith("virDomain", StringComparison.Ordinal) && !name.EndsWith('…')).Except(functions));
    }

    [Fact]
    public void Every_row_is_carried_refused_warned_of_or_leaves_nothing_and_names_its_finding()
    {
        Assert.True(Rows.Count > 50);
        Assert.All(Rows, row =>
        {
            var codes = FindingCodes.All.Where(code => Regex.IsMatch(row.How, $@"\b{code.Code}\b")).Select(code => code.Severity).ToList();
            switch (row.Kind)
            {
                case "**carried**" or "**nothing**":
                    break;
                case "**refused**":
                    Assert.Contains(FindingSeverity.Blocker, codes);
                    break;
                case "**warned**":
                    Assert.Contains(codes, severity => severity is FindingSeverity.Warning or FindingSeverity.Note);
                    break;
                default:
                    Assert.Fail($"{row.Virsh}: {row.Kind}");
                    break;
            }
        });
        // A code that is not one.
        Assert.Empty(Rows.SelectMany(row => Code().Matches(row.How).Select(match => match.Value)).Except(FindingCodes.All.Select(code => code.Code)));
    }

    [Fact]
    public void Every_known_difference_stands_there_with_its_reason()
    {
        Assert.All(KnownDifferences.Texts, known => Assert.Contains($"| {known.What} | {known.Reason} |", Page));
        Assert.All(KnownDifferences.Members, known => Assert.Contains($"| `{known.Key}` of QEMU's answers | {known.Value} |", Page));
    }

    private static IEnumerable<string> Names(string cell) => Quoted().Matches(cell).Select(match => match.Groups[1].Value);

    [GeneratedRegex("^virDomain[A-Za-z]*(Get|List|Lookup|Is|Has|Num|Ref$|Free$|Current$)")]
    private static partial Regex Telling();

    [GeneratedRegex(@"\b[A-Z]+_[A-Z_]+\b")]
    private static partial Regex Code();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
