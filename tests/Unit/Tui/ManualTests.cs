using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using VirtHandover.Configuration;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Cli;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>The manuals say what the program does, and render without a warning.</summary>
public class ManualTests
{
    private const string Date = "November 23, 2026";

    private static readonly string s_folder = Path.Combine(Repository.Root, "data", "man");

    public static TheoryData<string> Pages => new(Directory.GetFiles(s_folder).Select(path => Path.GetFileName(path)));

    [Fact]
    public void The_manual_is_made_from_the_verbs_and_the_key_table()
    {
        var run = new CliRun(new FakeService(Sample.Host()));
        Golden.Match(ManualPage.Of(CommandLine.Build(run.Context), Date), "../../../../data/man/virt-handover.1");
    }

    [Fact]
    public void The_manual_of_the_configuration_is_made_from_the_file_that_is_shipped() =>
        Golden.Match(ConfigurationPage(), "../../../../data/man/virt-handover.conf.5");

    [Fact]
    public void Every_key_of_the_configuration_has_its_place_in_the_manual()
    {
        var page = File.ReadAllText(Path.Combine(s_folder, "virt-handover.conf.5"));
        Assert.All(SettingKey.All, key => Assert.Contains($".It Ic {key.Name}= ", page, StringComparison.Ordinal));
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Pages))]
    public async Task A_manual_renders_without_a_warning(string page)
    {
        var path = Path.Combine(s_folder, page);
        Assert.Equal("", await RunAsync("mandoc", "-Tlint", "-Wwarning", path));
        Assert.Equal("", await RunAsync("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", path));
    }

    /// <summary>virt-handover.conf(5): each key with its default, and the comment above it.</summary>
    private static string ConfigurationPage()
    {
        var page = new StringBuilder($"""
            .\" Made from packaging/virt-handover.conf; see tests/Unit/Tui/ManualTests.cs.
            .Dd {Date}
            .Dt VIRT-HANDOVER.CONF 5
            .Os
            .Sh NAME
            .Nm virt-handover.conf
            .Nd configuration of virt-handoverd
            .Sh SYNOPSIS
            .Pa /etc/virt-handover/virt-handover.conf
            .Pp
            .Pa /etc/virt-handover/conf.d/*.conf
            .Sh DESCRIPTION
            The files have sections in brackets and lines of the form
            .Li Key=value ;
            lines that begin with # are comments.

            """.ReplaceLineEndings("\n"));
        var comment = new List<string>();
        var inKeys = false;
        foreach (var line in File.ReadAllLines(Path.Combine(Repository.Root, "packaging", "virt-handover.conf")))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                comment.Add(line[2..]);
            }
            else if (Regex.Match(line, @"\A\[(\w+)\]\z") is { Success: true } section)
            {
                page.Append(string.Concat(comment.Select(text => Roff(text) + "\n"))).Append(inKeys ? ".El\n" : "").Append($".Ss [{section.Groups[1].Value}]\n.Bl -tag -width Ds\n");
                comment.Clear();
                inKeys = true;
            }
            else if (Regex.Match(line, @"\A#?(\w+)=(.*)\z") is { Success: true } key)
            {
                var value = key.Groups[2].Value.Length == 0 ? "\"\"" : key.Groups[2].Value;
                page.Append($".It Ic {key.Groups[1].Value}= Pq default: Li {value}\n").Append(string.Concat(comment.Select(text => Roff(text) + "\n")));
                comment.Clear();
            }
        }

        return page.Append("""
            .El
            .Sh SEE ALSO
            .Xr virt-handover 1 ,
            .Xr virt-handoverd 8

            """.ReplaceLineEndings("\n")).ToString();

        // A sentence begins a line, as mdoc likes it.
        static string Roff(string text) => Regex.Replace(text.Replace("\\", "\\e", StringComparison.Ordinal), @"(?<=\w\w\.) (?=[A-Z])", "\n");
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MANWIDTH"] = "100";
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        // mandoc lints on standard output, man warns on standard error.
        return program == "mandoc" ? output + await error : await error;
    }
}
