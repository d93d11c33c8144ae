using System.CommandLine;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover history [DOMAIN]</c>: past handovers, newest first.</summary>
internal sealed class HistoryVerb : Verb
{
    private const int Usual = 50;
    private const int Most = 10_000;

    private static readonly TableColumn[] TableColumns =
    [
        new("STARTED"), new("DOMAIN", Most: 40), new("OUTCOME"), new("QEMU", Most: 60), new("METHOD"), new("PAUSE", AlignRight: true),
        new("TOTAL", AlignRight: true), new("LIBVIRT AWAY", AlignRight: true), new("SAID"),
    ];

    private readonly Argument<string> domain = new("DOMAIN")
    {
        Description = "Name or UUID of a domain, also of one that no longer runs.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<int?> limit = CommonOptions.Number("--limit", $"At most so many; {Usual} otherwise, {Most} with --jsonl; others than root get 1000 at most.", Usual);
    private readonly Option<string> since = new("--since") { Description = $"Started then or later: {PastParser.Example}.", HelpName = "TIME" };
    private readonly Option<string> until = new("--until") { Description = "Started before then.", HelpName = "TIME" };
    private readonly Option<bool> lines = new("--jsonl") { Description = "Print one JSON object a line, for export." };

    public HistoryVerb(CliContext context)
        : base(context, "history", "List past handovers, newest first.", "history", "history web-01 --limit 5 --json", "history --since 2026-11-01 --jsonl")
    {
        Arguments.Add(domain);
        Options.Add(limit);
        Options.Add(since);
        Options.Add(until);
        Options.Add(lines);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        var (from, to) = (Moment(arguments, since), Moment(arguments, until));
        if (from >= to)
        {
            throw new UsageException("history: --since has to be before --until; write for example --since yesterday --until today.");
        }

        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        Guid? only = null;
        if (arguments.GetValue(domain) is { } text)
        {
            only = Guid.TryParse(text, out var uuid) ? uuid : await UuidAsync(service, text, cancellationToken).ConfigureAwait(false);
        }

        var query = new HistoryQuery(only, arguments.GetValue(limit) ?? (arguments.GetValue(lines) ? Most : Usual)) { Since = from, Until = to };
        var reports = await service.HistoryAsync(query, cancellationToken).ConfigureAwait(false);
        if (arguments.GetValue(lines))
        {
            foreach (var report in reports)
            {
                output.Document(JsonMap.Run(report), json => json.RunJson, oneLine: true);
            }
        }
        else if (output.Json)
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

    /// <summary>An auditor asks about machines that are gone, and knows their names.</summary>
    private static async Task<Guid> UuidAsync(IHandoverService service, string name, CancellationToken cancellationToken)
    {
        try
        {
            return DomainFinder.Find(await service.ReadAsync(cancellationToken).ConfigureAwait(false), name).Uuid;
        }
        catch (ServiceException e) when (e.Fault == ServiceFault.UnknownDomain)
        {
            var reports = await service.HistoryAsync(new HistoryQuery(null, Most), cancellationToken).ConfigureAwait(false);
            return reports.FirstOrDefault(report => report.Name == name)?.Domain
                ?? throw new ServiceException(e.Fault, $"{e.Message} Nor has the history anything under that name.");
        }
    }

    private DateTimeOffset? Moment(ParseResult arguments, Option<string> option)
    {
        if (arguments.GetValue(option) is not { } text)
        {
            return null;
        }

        return PastParser.TryParse(text, Context.Now, Context.Zone, out var moment, out var error)
            ? moment
            : throw new UsageException($"{option.Name}: {error}");
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
