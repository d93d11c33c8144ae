using System.CommandLine;
using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover prepare DOMAIN…</c>.</summary>
internal sealed class PrepareVerb(CliContext context) : ManyDomainsVerb(
    context,
    "prepare",
    "Write shared memory into the persistent definition of domains: from their next start on nothing has to be copied.",
    "prepare db-02")
{
    protected override Task<string> CallAsync(
        IHandoverService service, DomainView domain, ParseResult arguments, CancellationToken cancellationToken) =>
        service.PrepareAsync(domain.Uuid, cancellationToken);
}
