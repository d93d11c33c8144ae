using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli;

/// <summary>The service's state once it has looked at the domains. Right after its start it has not, and what it shows is no answer to what runs here.</summary>
internal static class FirstScan
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Whether it has looked, or says in its alarm why it cannot.</summary>
    public static bool IsOver(HostView view) => view.LastScan is not null || view.Alarm.Length > 0;

    /// <summary>Reads the state, and waits up to ten seconds for the first scan; says so when that was not long enough.</summary>
    public static async Task<HostView> ReadAsync(IHandoverService service, Output output, TimeProvider time, CancellationToken cancellationToken)
    {
        var view = await service.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (IsOver(view))
        {
            return view;
        }

        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await foreach (var next in service.WatchAsync(either.Token).ConfigureAwait(false))
            {
                view = next;
                if (IsOver(view))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            output.Message($"The service has just started and not looked at the domains within {Format.Quantity.Span(Patience)}; what it knows so far is shown.");
        }

        return view;
    }
}
