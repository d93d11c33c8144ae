using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Cli;

/// <summary>Has the service check every running domain, and waits until it has.</summary>
internal sealed class Assessment(CliContext context, Output output)
{
    /// <summary>The state after the checks; after the patience is over, the state there is.</summary>
    public async Task<HostView> WaitAsync(IHandoverService service, TimeSpan patience, CancellationToken cancellationToken)
    {
        var before = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
        var known = before.Domains.ToDictionary(domain => domain.Uuid, domain => domain.AssessedAt);
        try
        {
            await service.AssessAllAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ServiceException e) when (e.Fault == ServiceFault.NotAuthorized)
        {
            output.Message($"{e.Message} What the service found earlier is shown.");
            return before;
        }

        using var limit = new CancellationTokenSource(patience, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var last = before;
        try
        {
            await foreach (var view in service.WatchAsync(either.Token).ConfigureAwait(false))
            {
                last = view;
                if (FirstScan.IsOver(view) && view.Domains.All(IsFresh))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            output.Message($"Not every domain was checked within {Quantity.Span(patience)}; what is known is shown.");
        }

        return last;

        // A domain that is being handed over is not checked meanwhile.
        bool IsFresh(DomainView domain) =>
            domain.State == "running" || (domain.AssessedAt is { } at && (!known.TryGetValue(domain.Uuid, out var was) || at != was));
    }
}
