using System.CommandLine;
using VirtHandover.Tui.Json;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover rescan</c>.</summary>
internal sealed class RescanVerb(CliContext context)
    : Verb(context, "rescan", "Have the service look at all running domains again.", "rescan")
{
    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        await service.RescanAsync(cancellationToken).ConfigureAwait(false);
        if (output.Json)
        {
            output.Document(new ActionsJson(JsonOut.Schema, [new ActionJson(null, "", "rescan", true, null, null, null)]), json => json.ActionsJson);
        }
        else
        {
            output.Data("Rescan asked for; “virt-handover list” shows what it finds.");
        }

        return ExitCode.Ok;
    }
}
