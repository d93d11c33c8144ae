using System.CommandLine;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover defer DOMAIN --until TIME</c>.</summary>
internal sealed class DeferVerb : Verb
{
    private readonly Argument<string> domain = CommonOptions.Domain();

    private readonly Option<string> until = new("--until")
    {
        Description = $"When it becomes pending again: {UntilParser.Example}.",
        HelpName = "TIME",
        Required = true,
    };

    public DeferVerb(CliContext context)
        : base(
            context,
            "defer",
            "Put the handover of a domain off.",
            "defer db-02 --until 22:00",
            "defer db-02 --until +2h",
            "defer db-02 --until '2026-11-23 22:00'")
    {
        Arguments.Add(domain);
        Options.Add(until);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        if (!UntilParser.TryParse(arguments.GetRequiredValue(until), Context.Now, Context.Zone, out var moment, out var error))
        {
            throw new UsageException($"--until: {error}");
        }

        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
        var found = DomainFinder.Find(view, arguments.GetRequiredValue(domain));
        var action = new DomainAction(output, "defer", $"deferred until {Moment.FullWithDistance(moment, Context.Now, Context.Zone)}");
        await action.ForAsync(found, uuid => service.DeferAsync(uuid, moment, reason: "", cancellationToken)).ConfigureAwait(false);
        return action.Finish();
    }
}
