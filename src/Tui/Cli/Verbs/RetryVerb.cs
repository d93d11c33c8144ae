using System.CommandLine;
using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover retry DOMAIN…</c>.</summary>
internal sealed class RetryVerb(CliContext context) : ManyDomainsVerb(
    context, "retry", "Look at failed or blocked domains again and put them back into the queue.", "retry web-01")
{
    protected override async Task<string> CallAsync(
        IHandoverService service, DomainView domain, ParseResult arguments, CancellationToken cancellationToken)
    {
        await service.RetryAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
        return "back in the queue";
    }
}
