using System.CommandLine;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover run DOMAIN</c>: one handover now, the project's <c>virsh migrate --local</c>.</summary>
internal sealed class RunVerb : Verb
{
    private readonly Argument<string> domain = CommonOptions.Domain();
    private readonly Option<bool> rehearse = new("--dry-run") { Description = "Stop after the twin check, as rehearse does; the guest notices nothing." };
    private readonly Option<long?> maxPause = CommonOptions.MaxPause("In this handover the guest may stand still for so long, whatever its policy says");

    public RunVerb(CliContext context)
        : base(
            context,
            "run",
            "Hand one domain over now, outdated or not, and wait for the end.",
            "run web-01 --dry-run",
            "run web-01 --max-pause 3s",
            "run web-01")
    {
        Arguments.Add(domain);
        Options.Add(rehearse);
        Options.Add(maxPause);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await DomainFinder.ReadAsync(service, [arguments.GetRequiredValue(domain)], Context.Time, cancellationToken).ConfigureAwait(false);
        var found = DomainFinder.Find(view, arguments.GetRequiredValue(domain));
        return await new OneHandover(Context, output)
            .RunAsync(service, found, arguments.GetValue(rehearse), CommonOptions.Pause(arguments.GetValue(maxPause)), oneLine: false, cancellationToken).ConfigureAwait(false);
    }
}
