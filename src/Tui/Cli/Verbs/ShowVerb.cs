using System.CommandLine;
using VirtHandover.Contract;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover show DOMAIN</c>: everything about one domain.</summary>
internal sealed class ShowVerb : Verb
{
    private const int WidthOfAFile = 120;
    private const int MostReports = 100;
    private readonly Argument<string> domain = CommonOptions.Domain();

    public ShowVerb(CliContext context)
        : base(context, "show", "Show one domain: versions, method and why, every finding, policy, the last handover, its pauses.", "show web-01", "show web-01 --json") =>
        Arguments.Add(domain);

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await FirstScan.ReadAsync(service, output, Context.Time, cancellationToken).ConfigureAwait(false);
        var found = DomainFinder.Find(view, arguments.GetRequiredValue(domain));
        if (output.Json)
        {
            output.Document(JsonMap.Show(found), json => json.ShowJson);
        }
        else
        {
            var reports = await service.HistoryAsync(new HistoryQuery(found.Uuid, MostReports), cancellationToken).ConfigureAwait(false);
            output.Lines(DetailLines.Of(new DetailSubject(found, view, reports), Math.Min(output.Width, WidthOfAFile), output.Glyphs, Context.Now, Context.Zone));
        }

        return ExitCode.Ok;
    }
}
