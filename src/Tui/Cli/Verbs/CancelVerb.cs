using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover cancel DOMAIN</c>.</summary>
internal sealed class CancelVerb(CliContext context) : OneDomainVerb(
    context, "cancel", "Take an approval back, or cancel a handover that has not paused its guest yet.", "cancelled")
{
    protected override Task CallAsync(IHandoverService service, Guid uuid, CancellationToken cancellationToken) =>
        service.CancelAsync(uuid, cancellationToken);
}
