using System.CommandLine;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover run DOMAIN</c>: one handover now, the project's <c>virsh migrate --local</c>.</summary>
internal sealed class RunVerb : Verb
{
    private const int WidthOfAFile = 120;
    private readonly Argument<string> domain = CommonOptions.Domain();
    private readonly Option<bool> rehearse = new("--dry-run") { Description = "Stop after the twin check; the guest notices nothing." };

    public RunVerb(CliContext context)
        : base(
            context,
            "run",
            "Hand one domain over now, outdated or not, and wait for the end.",
            "run web-01 --dry-run",
            "run web-01")
    {
        Arguments.Add(domain);
        Options.Add(rehearse);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
        var found = DomainFinder.Find(view, arguments.GetRequiredValue(domain));
        try
        {
            var report = await service.RunAsync(found.Uuid, arguments.GetValue(rehearse), cancellationToken).ConfigureAwait(false);
            if (output.Json)
            {
                output.Document(JsonMap.Run(report), json => json.RunJson);
            }
            else
            {
                output.Lines(ReportLines.Of(report, Math.Min(output.Width, WidthOfAFile), output.Glyphs, Context.Zone));
            }

            return ExitCode.Of(report.Outcome);
        }
        catch (OperationCanceledException)
        {
            output.Message($"Stopped waiting; the handover goes on. See: virt-handover show {ShellWord.Domain(found.Name, found.Uuid)}");
            throw;
        }
    }
}
