using VirtHandover.Libvirt;

namespace VirtHandover.Queue;

/// <summary>Passes on that domains started or ended, so that the queue need not wait for its slow timer.</summary>
/// <param name="libvirt">The connection; the service's own.</param>
/// <param name="changed">Called for every start and end.</param>
/// <param name="time">The clock.</param>
public sealed class DomainHints(LibvirtClient libvirt, Action changed, TimeProvider time)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    /// <summary>Listens until it is told to stop. While libvirt is away it tries again; telling so is the scan's task.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var connection = await libvirt.ConnectAsync(cancellationToken).ConfigureAwait(false);
                await foreach (var change in connection.WatchAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (change.Kind is DomainEventKind.Started or DomainEventKind.Stopped)
                    {
                        changed();
                    }
                }

                // The stream ended with the daemon; what happened while it was away was not told.
                changed();
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Hints only save time. Whatever keeps them away must not end the service.
            }

            await Task.Delay(Retry, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
