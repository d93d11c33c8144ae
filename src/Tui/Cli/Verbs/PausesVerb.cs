using System.CommandLine;
using VirtHandover.Contract;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover pauses [DOMAIN]</c>: how long the guests stood still, with p50, p95 and the longest.</summary>
internal sealed class PausesVerb : Verb
{
    private readonly Argument<string> domain = new("DOMAIN")
    {
        Description = "Only this running domain.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<int?> limit = CommonOptions.Number("--limit", $"Look at so many past handovers; {ReportBook.Most} otherwise.", 100);

    public PausesVerb(CliContext context)
        : base(context, "pauses", "Chart the pauses of the guests, with p50, p95, the longest and the budget.", "pauses", "pauses web-01 --json")
    {
        Arguments.Add(domain);
        Options.Add(limit);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
        var only = arguments.GetValue(domain) is { } name ? DomainFinder.Find(view, name).Uuid : (Guid?)null;
        var query = new HistoryQuery(only, arguments.GetValue(limit) ?? ReportBook.Most);
        var book = new ReportBook(await service.HistoryAsync(query, cancellationToken).ConfigureAwait(false));
        var rows = PauseLines.Rows(view, book);
        if (output.Json)
        {
            output.Document(JsonMap.Pauses(rows, book), json => json.PausesJson);
        }
        else if (rows.Count == 0)
        {
            output.Message("No guest has paused yet: the history has no handover.");
        }
        else
        {
            output.Lines(PauseLines.Table(rows, output.Width, output.Glyphs));
        }

        return ExitCode.Ok;
    }
}
