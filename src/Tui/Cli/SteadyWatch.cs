using System.Runtime.CompilerServices;
using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Cli;

/// <summary>The service's snapshots, across restarts of the service.</summary>
internal sealed class SteadyWatch(CliContext context)
{
    /// <summary>How long a service that was there may be away before that is a failure.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Never ends by itself; throws when the service cannot be reached at first, or stays away.</summary>
    public async IAsyncEnumerable<HostView> ViewsAsync(Action<string> message, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        DateTimeOffset? lastSeen = null;
        var away = false;
        while (true)
        {
            var stream = StreamAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (stream.ConfigureAwait(false))
            {
                while (await NextAsync(stream, lastSeen).ConfigureAwait(false))
                {
                    lastSeen = context.Now;
                    if (away)
                    {
                        message("The service is back.");
                        away = false;
                    }

                    yield return stream.Current;
                }
            }

            lastSeen = away ? lastSeen : context.Now;
            if (!away)
            {
                message("The service went away; waiting for it.");
                away = true;
            }

            await Task.Delay(Pause, context.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<HostView> stream, DateTimeOffset? lastSeen)
    {
        try
        {
            return await stream.MoveNextAsync().ConfigureAwait(false);
        }
        catch (ServiceException e) when (e.Fault == ServiceFault.Unreachable && lastSeen is { } seen && context.Now - seen < Patience)
        {
            return false;
        }
    }

    private async IAsyncEnumerable<HostView> StreamAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var service = await context.Connect(cancellationToken).ConfigureAwait(false);
        await foreach (var view in service.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return view;
        }
    }
}
