using System.CommandLine;
using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary>A verb that makes one call about one domain.</summary>
internal abstract class OneDomainVerb : Verb
{
    private readonly Argument<string> domain = CommonOptions.Domain();
    private readonly string done;

    protected OneDomainVerb(CliContext context, string name, string description, string done)
        : base(context, name, description, $"{name} web-01")
    {
        this.done = done;
        Arguments.Add(domain);
    }

    protected abstract Task CallAsync(IHandoverService service, Guid uuid, CancellationToken cancellationToken);

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
        var found = DomainFinder.Find(view, arguments.GetRequiredValue(domain));
        var action = new DomainAction(output, Name, done);
        await action.ForAsync(found, uuid => CallAsync(service, uuid, cancellationToken)).ConfigureAwait(false);
        return action.Finish();
    }
}
