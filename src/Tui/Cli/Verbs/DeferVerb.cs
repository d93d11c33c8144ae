using System.CommandLine;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover defer DOMAIN… --until TIME</c>.</summary>
internal sealed class DeferVerb : ManyDomainsVerb
{
    private readonly Option<string> until = new("--until")
    {
        Description = $"When they become pending again: {UntilParser.Example}.",
        HelpName = "TIME",
        Required = true,
    };

    private readonly Option<string> reason = new("--reason")
    {
        Description = "Why, for others to read.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => "",
    };

    public DeferVerb(CliContext context)
        : base(
            context,
            "defer",
            "Put the handover of domains off.",
            "defer db-02 --until 22:00",
            "defer db-02 --until +2h --reason 'month-end run'",
            "defer db-02 db-03 --until '2026-11-23 22:00'")
    {
        Options.Add(until);
        Options.Add(reason);
    }

    protected override void Check(ParseResult arguments) => Until(arguments);

    protected override async Task<string> CallAsync(
        IHandoverService service, DomainView domain, ParseResult arguments, CancellationToken cancellationToken)
    {
        var moment = Until(arguments);
        await service.DeferAsync(domain.Uuid, moment, arguments.GetValue(reason) ?? "", cancellationToken).ConfigureAwait(false);
        return $"deferred until {Moment.FullWithDistance(moment, Context.Now, Context.Zone)}";
    }

    private DateTimeOffset Until(ParseResult arguments) =>
        UntilParser.TryParse(arguments.GetRequiredValue(until), Context.Now, Context.Zone, out var moment, out var error)
            ? moment
            : throw new UsageException($"--until: {error}");
}
