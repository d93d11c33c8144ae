using VirtHandover.Contract;
using VirtHandover.Handover.Records;
using VirtHandover.Libvirt;

namespace VirtHandover.Queue;

/// <summary>Passes on that domains started or ended, so that the queue need not wait for its slow timer.</summary>
/// <param name="libvirt">The connection; the service's own.</param>
/// <param name="recorder">Told of every domain that runs, as early as may be.</param>
/// <param name="time">The clock.</param>
public sealed class DomainHints(LibvirtClient libvirt, DomainRecorder recorder, TimeProvider time) : IDomainWatch
{
    // Each handover takes libvirt away for a moment, and whoever starts a VM right after it wants to see it.
    private static readonly Backoff Retry = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(4));

    /// <inheritdoc/>
    /// <remarks>While libvirt is away it tries again; telling so is the scan's task.</remarks>
    public async Task RunAsync(Action changed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changed);
        var failures = 0;
        while (true)
        {
            try
            {
                var connection = await libvirt.ConnectAsync(cancellationToken).ConfigureAwait(false);
                failures = 0;
                // What happened while nobody listened was not told, and never will be.
                changed();
                recorder.Prune();
                await recorder.NoteAsync((await connection.ListRunningAsync(cancellationToken).ConfigureAwait(false)).Select(domain => (domain.Uuid, domain.Name)), cancellationToken).ConfigureAwait(false);
                await foreach (var change in connection.WatchAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (change.Kind is DomainEventKind.Started or DomainEventKind.Stopped)
                    {
                        if (change.Kind is DomainEventKind.Started)
                            await recorder.NoteAsync([(change.Uuid, change.Name)], cancellationToken).ConfigureAwait(false);
                        else
                            recorder.Prune();
                        changed();
                    }
                }

                // The stream ended with the daemon: whether it comes back is for the scan to say.
                changed();
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Hints only save time. Whatever keeps them away must not end the service.
            }

            await Task.Delay(Retry.After(failures++), time, cancellationToken).ConfigureAwait(false);
        }
    }
}
