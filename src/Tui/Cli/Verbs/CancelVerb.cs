using System.CommandLine;
using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover cancel DOMAIN…</c>.</summary>
internal sealed class CancelVerb(CliContext context) : ManyDomainsVerb(
    context, "cancel", "Take an approval back, or cancel a handover that has not paused its guest yet.", "cancel web-01")
{
    protected override async Task<string> CallAsync(
        IHandoverService service, DomainView domain, ParseResult arguments, CancellationToken cancellationToken)
    {
        await service.CancelAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
        return "cancelled";
    }
}
