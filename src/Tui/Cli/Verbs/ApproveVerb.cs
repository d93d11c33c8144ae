using System.CommandLine;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover approve DOMAIN…|--all</c>.</summary>
internal sealed class ApproveVerb : Verb
{
    private readonly Argument<string[]> domains = CommonOptions.Domains(ArgumentArity.ZeroOrMore);
    private readonly Option<bool> all = new("--all") { Description = "Every pending domain." };
    private readonly Option<QueueFilter?> filter = CommonOptions.Filter("With --all: only what matches, as / in the screen.");
    private readonly Option<bool> yes = new("--yes", "-y") { Description = "With --all: do not ask." };
    private readonly Option<long?> maxPause = CommonOptions.MaxPause("In this handover the guest may stand still for so long, whatever its policy says");

    public ApproveVerb(CliContext context)
        : base(
            context,
            "approve",
            "Approve the handover of pending or deferred domains.",
            "approve web-01 db-02",
            "approve web-01 --max-pause 3s",
            "approve --all",
            "approve --all --filter 'web !test'",
            "approve --all --yes")
    {
        Arguments.Add(domains);
        Options.Add(all);
        Options.Add(filter);
        Options.Add(yes);
        Options.Add(maxPause);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        var names = arguments.GetValue(domains) ?? [];
        var everyone = arguments.GetValue(all);
        if (everyone == names.Length > 0)
        {
            throw new UsageException(everyone ? "approve takes either domains or --all, not both." : "approve needs the name of a domain, or --all.");
        }

        if (!everyone && arguments.GetValue(filter) is not null)
        {
            throw new UsageException("approve: --filter only means something together with --all.");
        }

        if (everyone && !arguments.GetValue(yes) && !Context.Traits.InputIsTerminal)
        {
            throw new UsageException("approve --all asks before it approves, but standard input is no terminal; add --yes.");
        }

        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await DomainFinder.ReadAsync(service, names, Context.Time, cancellationToken).ConfigureAwait(false);
        var action = new DomainAction(output, "approve");
        var allowed = CommonOptions.Pause(arguments.GetValue(maxPause));
        var chosen = new List<DomainView>();
        if (everyone)
        {
            chosen.AddRange(view.Domains.Where(domain => domain.State == "pending" && (arguments.GetValue(filter)?.Matches(domain) ?? true)));
            if (chosen.Count == 0)
            {
                output.Message("No domain that was asked for is pending; there is nothing to approve.");
            }
            else if (!arguments.GetValue(yes) && !await Confirmation.AskAsync(Context, Question(chosen), cancellationToken).ConfigureAwait(false))
            {
                output.Message("Nothing was approved.");
                return ExitCode.Failed;
            }
        }

        chosen.AddRange(action.Find(view, names));
        foreach (var domain in chosen)
        {
            await action.ForAsync(domain, () => ApproveAsync(service, domain, allowed, cancellationToken)).ConfigureAwait(false);
        }

        return action.Finish();
    }

    private static async Task<string> ApproveAsync(IHandoverService service, DomainView domain, TimeSpan? maxPause, CancellationToken cancellationToken)
    {
        await service.ApproveAsync(domain.Uuid, maxPause, cancellationToken).ConfigureAwait(false);
        return "approved";
    }

    private static string Question(List<DomainView> chosen) =>
        $"Approve {(chosen.Count == 1 ? "1 domain" : $"{chosen.Count} domains")}: "
        + string.Join(", ", chosen.Select(domain => ShellWord.Domain(domain.Name, domain.Uuid))) + "?";
}
