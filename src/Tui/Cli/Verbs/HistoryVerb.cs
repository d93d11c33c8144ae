using System.CommandLine;
using VirtHandover.Handover;
using VirtHandover.Queue;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover history [DOMAIN]</c>: past handovers, newest first.</summary>
internal sealed class HistoryVerb : Verb
{
    private static readonly TableColumn[] TableColumns =
    [
        new("STARTED"), new("DOMAIN", Most: 40), new("OUTCOME"), new("QEMU", Most: 60), new("METHOD"), new("PAUSE", AlignRight: true),
        new("TOTAL", AlignRight: true), new("LIBVIRT AWAY", AlignRight: true), new("SAID"),
    ];

    private readonly Argument<string> domain = new("DOMAIN")
    {
        Description = "Only this domain; a UUID may be of one that no longer runs.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<int> limit = CommonOptions.Number("--limit", "At most so many.", 50);

    public HistoryVerb(CliContext context)
        : base(context, "history", "List past handovers, newest first.", "history", "history web-01 --limit 5 --json")
    {
        Arguments.Add(domain);
        Options.Add(limit);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        Guid? only = null;
        if (arguments.GetValue(domain) is { } text)
        {
            only = Guid.TryParse(text, out var uuid)
                ? uuid
                : DomainFinder.Find(await service.ReadAsync(cancellationToken).ConfigureAwait(false), text).Uuid;
        }

        var reports = await service.HistoryAsync(new HistoryQuery(only, arguments.GetValue(limit)), cancellationToken).ConfigureAwait(false);
        if (output.Json)
        {
            output.Document(JsonMap.History(reports), json => json.HistoryJson);
        }
        else if (reports.Count == 0)
        {
            output.Message("No handover has been recorded.");
        }
        else
        {
            output.Lines(Table.Layout(TableColumns, [.. reports.Select(report => Row(report, output.Glyphs))], output.Width, output.Glyphs));
        }

        return ExitCode.Ok;
    }

    private Run[] Row(HandoverReport report, GlyphSet glyphs) =>
    [
        new(ReportLines.Started(report, Context.Zone)),
        new(glyphs.Safe(report.Name)),
        new(JsonMap.Word(report.Outcome), ReportLines.ToneOf(report.Outcome)),
        new(ReportLines.Versions(report, glyphs)),
        new(report.Method is { } method ? JsonMap.Word(method) : glyphs.None),
        new(OrNone(Quantity.Duration(report.PauseMicroseconds), glyphs)),
        new(OrNone(Quantity.Duration(report.TotalMicroseconds), glyphs)),
        new(OrNone(Quantity.Duration(report.OutageMicroseconds), glyphs)),
        new(glyphs.Safe(report.Sentence)),
    ];

    private static string OrNone(string text, GlyphSet glyphs) => text.Length == 0 ? glyphs.None : text;
}
