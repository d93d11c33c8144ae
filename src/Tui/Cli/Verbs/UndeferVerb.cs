using System.CommandLine;
using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover undefer DOMAIN…</c>.</summary>
internal sealed class UndeferVerb(CliContext context) : ManyDomainsVerb(
    context, "undefer", "End the deferral of domains before its time.", "undefer db-02")
{
    protected override async Task<string> CallAsync(
        IHandoverService service, DomainView domain, ParseResult arguments, CancellationToken cancellationToken)
    {
        await service.UndeferAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
        return "not deferred any more";
    }
}
