using System.CommandLine;
using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover rehearse DOMAIN…</c>: everything up to the twin check, one after the other.</summary>
internal sealed class RehearseVerb : Verb
{
    private readonly Argument<string[]> domains = CommonOptions.Domains(ArgumentArity.OneOrMore);

    public RehearseVerb(CliContext context)
        : base(
            context,
            "rehearse",
            "Rehearse the handover of domains: start the new QEMU beside the old one and compare both; the guest notices nothing.",
            "rehearse web-01",
            "rehearse web-01 db-02 --json") => Arguments.Add(domains);

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await DomainFinder.ReadAsync(service, arguments.GetRequiredValue(domains), Context.Time, cancellationToken).ConfigureAwait(false);
        var found = new List<DomainView>();
        foreach (var name in arguments.GetRequiredValue(domains))
        {
            // A name that is wrong is found before the first rehearsal takes its time.
            found.Add(DomainFinder.Find(view, name));
        }

        var code = ExitCode.Ok;
        var handover = new OneHandover(Context, output);
        foreach (var domain in found.DistinctBy(domain => domain.Uuid))
        {
            var one = await handover.RunAsync(service, domain, rehearse: true, maxPause: null, oneLine: found.Count > 1, cancellationToken).ConfigureAwait(false);
            code = code == ExitCode.Ok ? one : code;
        }

        return code;
    }
}
