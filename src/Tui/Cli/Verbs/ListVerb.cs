using System.CommandLine;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover list</c>: every running domain, one line each.</summary>
internal sealed class ListVerb(CliContext context)
    : Verb(context, "list", "List the running domains: QEMU versions, state, method, last pause and total.", "list", "list --json")
{
    private static readonly TableColumn[] TableColumns =
    [
        new("DOMAIN", Most: 40), new("STATE"), new("QEMU", Most: 60), new("METHOD"), new("PAUSE", AlignRight: true),
        new("TOTAL", AlignRight: true), new("NOTE"),
    ];

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (view.Alarm.Length > 0)
        {
            output.Fault(view.Alarm);
        }

        if (output.Json)
        {
            output.Document(JsonMap.List(view), json => json.ListJson);
        }
        else if (view.Domains.Count == 0)
        {
            output.Message("No domain is running.");
        }
        else
        {
            var rows = view.Domains.Select(domain => Row(domain, output.Glyphs)).ToList();
            output.Lines(Table.Layout(TableColumns, rows, output.Width, output.Glyphs));
        }

        return ExitCode.Ok;
    }

    private Run[] Row(Bus.Client.DomainView domain, GlyphSet glyphs)
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
