using System.CommandLine;
using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary>A verb that makes one call about each of some domains.</summary>
internal abstract class ManyDomainsVerb : Verb
{
    private readonly Argument<string[]> domains = CommonOptions.Domains(ArgumentArity.OneOrMore);

    protected ManyDomainsVerb(CliContext context, string name, string description, params string[] examples)
        : base(context, name, description, examples) => Arguments.Add(domains);

    /// <summary>Makes the call.</summary>
    /// <returns>What is done, to follow the domain's name and a colon.</returns>
    protected abstract Task<string> CallAsync(
        IHandoverService service, DomainView domain, ParseResult arguments, CancellationToken cancellationToken);

    /// <summary>The names and UUIDs that were given.</summary>
    protected virtual IReadOnlyList<string> Names(ParseResult arguments) => arguments.GetRequiredValue(domains);

    /// <summary>Judges the options before anything is asked of the service.</summary>
    /// <exception cref="UsageException">One of them is wrong.</exception>
    protected virtual void Check(ParseResult arguments)
    {
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        Check(arguments);
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await DomainFinder.ReadAsync(service, Names(arguments), Context.Time, cancellationToken).ConfigureAwait(false);
        var action = new DomainAction(output, Name);
        foreach (var domain in action.Find(view, Names(arguments)))
        {
            await action.ForAsync(domain, () => CallAsync(service, domain, arguments, cancellationToken)).ConfigureAwait(false);
        }

        return action.Finish();
    }
}
