using System.Text.RegularExpressions;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Unused;

/// <summary>What nobody calls is not there: a member that only its own test uses is a promise that nothing keeps.</summary>
public sealed class UnusedMembersTests
{
    // What tests alone have to have, and what it is to them.
    private static readonly Dictionary<string, string> Kept = new(StringComparer.Ordinal)
    {
        ["VirtHandover.Handover.Preflight.FindingCode.get_Meaning"] = "docs/preflight.md is compared with it",
        ["VirtHandover.Qemu.SourceCommand.get_Libvirt"] = "says to a reader where libvirt sends the same",
        ["VirtHandover.Qemu.SourceCommand.get_Reason"] = "says to a reader what a command is for",
        ["VirtHandover.Qemu.QmpClient.AttachAsync"] = "a QEMU that lies is one end of a pair of sockets",
        ["VirtHandover.Tui.Cli.ManualPage.Of"] = "writes the pages in data/man",
        ["VirtHandover.Tui.Screen.LinesView.get_Lines"] = "a property that is set is read, too",
        ["VirtHandover.Tui.Screen.ScreenProgram.FollowAsync"] = "a screen without a terminal is driven by it",
        ["VirtHandover.Worker.KeyedGate`1.get_Count"] = "that no key stays behind cannot be seen otherwise",
    };

    [Fact]
    public void Every_member_is_used_by_a_program_or_looks_at_one()
    {
        var product = new CompiledCode();
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Where(IsProduct))
            product.Add(file);
        var named = product.Named;
        var tools = Words("tests/Integration", "tests/hosts", "bench");
        Assert.Contains($"{typeof(ProcessHandle).FullName}.{nameof(ProcessHandle.Open)}", named);
        string[] unused = [.. product.Offered.Where(member => !named.Contains(member))];
        Assert.Empty(Kept.Keys.Except(unused));
        string[] dead = [.. unused.Where(member => !Kept.ContainsKey(member) && !IsElsewhere(member) && !tools.Contains(Short(member))).Order(StringComparer.Ordinal)];
        Assert.True(dead.Length == 0, $"Nobody uses these:\n{string.Join('\n', dead)}");
    }

    private static bool IsProduct(string file) => Path.GetFileNameWithoutExtension(file) is var name
        && (name.StartsWith("virt-handover", StringComparison.Ordinal)
            || (name.StartsWith("VirtHandover.", StringComparison.Ordinal) && !name.Contains(".Tests.", StringComparison.Ordinal) && name != "VirtHandover.Bench"));

    // What an exception is about is for whoever catches it. Bus is a room that could be used by itself, and is looked at by its own tests.
    private static bool IsElsewhere(string member) =>
        member.Contains("Exception.get_", StringComparison.Ordinal) || member.StartsWith("VirtHandover.Bus.", StringComparison.Ordinal);

    private static string Short(string member) => member[(member.LastIndexOf('.') + 1)..].Replace("get_", "", StringComparison.Ordinal);

    // Friends of the internals, which look at processes and monitors by them.
    private static HashSet<string> Words(params string[] folders) =>
    [
        .. folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"\w+").Select(match => match.Value)),
    ];
}
