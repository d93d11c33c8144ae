using System.CommandLine;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover list</c>: every running domain, one line each.</summary>
internal sealed class ListVerb : Verb
{
    private static readonly TableColumn[] TableColumns =
    [
        new("DOMAIN", Most: 40), new("STATE"), new("QEMU", Most: 60), new("METHOD"), new("PAUSE", AlignRight: true),
        new("TOTAL", AlignRight: true), new("NOTE"),
    ];

    private static readonly TimeSpan UsualPatience = TimeSpan.FromMinutes(1);

    private readonly Option<QueueFilter?> filter = CommonOptions.Filter($"Only what matches: {QueueFilter.Example}.");
    private readonly Option<string?> sort = CommonOptions.Choice("--sort", "Sort by this; by name otherwise.", Sorting.Words);
    private readonly Option<bool> readiness = new("--readiness")
    {
        Description = "Check every domain now, outdated or not: which can be handed over, how, and what would help the others.",
    };

    private readonly Option<TimeSpan?> timeout = CommonOptions.Span("--timeout", "With --readiness: wait so long for the checks; 1m otherwise.");

    public ListVerb(CliContext context)
        : base(
            context,
            "list",
            "List the running domains: QEMU versions, state, method, last pause and total.",
            "list",
            "list --filter 'state:pending !test' --sort pause",
            "list --readiness",
            "list --json")
    {
        Options.Add(filter);
        Options.Add(sort);
        Options.Add(readiness);
        Options.Add(timeout);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        if (arguments.GetValue(timeout) is not null && !arguments.GetValue(readiness))
        {
            throw new UsageException("list: --timeout only means something together with --readiness.");
        }

        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = arguments.GetValue(readiness)
            ? await new Assessment(Context, output).WaitAsync(service, arguments.GetValue(timeout) ?? UsualPatience, cancellationToken).ConfigureAwait(false)
            : await FirstScan.ReadAsync(service, output, Context.Time, cancellationToken).ConfigureAwait(false);
        var domains = view.Domains.Where(domain => arguments.GetValue(filter)?.Matches(domain) ?? true).ToList();
        var key = arguments.GetValue(sort) is { } word ? (SortKey)Sorting.Words.ToList().IndexOf(word) : SortKey.Name;
        view = view with { Domains = Sorting.Sort(domains, key) };
        if (view.Alarm.Length > 0)
        {
            output.Fault(view.Alarm);
        }

        if (arguments.GetValue(readiness))
        {
            Readiness(view, output);
        }
        else if (output.Json)
        {
            output.Document(JsonMap.List(view), json => json.ListJson);
        }
        else if (view.Domains.Count == 0)
        {
            if (!FirstScan.IsOver(view))
            {
                return ExitCode.Ok;
            }

            output.Message(arguments.GetValue(filter) is { IsEverything: false } ? "No running domain matches the filter." : "No domain is running.");
        }
        else
        {
            var rows = view.Domains.Select(domain => Row(domain, output.Glyphs)).ToList();
            output.Lines(Table.Layout(TableColumns, rows, output.Width, output.Glyphs));
        }

        return ExitCode.Ok;
    }

    private static void Readiness(HostView view, Output output)
    {
        if (output.Json)
        {
            output.Document(JsonMap.Readiness(view), json => json.ReadinessListJson);
            return;
        }

        output.Lines(ReadinessLines.Of(view.Domains, output.Width, output.Glyphs));
        var ready = view.Domains.Count(domain => Model.Readiness.Of(domain).Ready == true);
        output.Message($"{ready} of {view.Domains.Count} can be handed over now.");
    }

    private Run[] Row(DomainView domain, GlyphSet glyphs)
    {
        var look = StateLook.Of(domain.State, glyphs);
        return
        [
            new(glyphs.Safe(domain.Name)),
            new($"{look.Glyph} {DomainText.State(domain, glyphs, Context.Now, Context.Zone)}", look.Tone),
            new(DomainText.Versions(domain, glyphs)),
            new(DomainText.Method(domain, glyphs)),
            new(DomainText.Pause(domain, glyphs)),
            new(DomainText.Total(domain, glyphs)),
            new(DomainText.Note(domain, glyphs)),
        ];
    }
}
