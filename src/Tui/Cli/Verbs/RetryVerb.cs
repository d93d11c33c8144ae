using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover retry DOMAIN</c>.</summary>
internal sealed class RetryVerb(CliContext context) : OneDomainVerb(
    context, "retry", "Look at a failed or blocked domain again and put it back into the queue.", "back in the queue")
{
    protected override Task CallAsync(IHandoverService service, Guid uuid, CancellationToken cancellationToken) =>
        service.RetryAsync(uuid, cancellationToken);
}
