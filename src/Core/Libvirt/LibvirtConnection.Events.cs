using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VirtHandover.Libvirt.Interop;

namespace VirtHandover.Libvirt;

public sealed partial class LibvirtConnection
{
    /// <summary>The lives of all domains, from now on (<c>virConnectDomainEventRegisterAny</c>, lifecycle).</summary>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Every event; the stream ends when the daemon goes away or the connection is disposed.</returns>
    /// <exception cref="LibvirtException">libvirt cannot be reached.</exception>
    public async IAsyncEnumerable<DomainEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var events = Channel.CreateUnbounded<DomainEvent>(new UnboundedChannelOptions { SingleReader = true });
        // A registration that is not taken back keeps the connection in memory, its descriptors with it: so it is not closed before.
        using var kept = Keep();
        int callback = await CallAsync(
            "report the lives of its domains",
            () => LibVirtEvents.Register(_handle, events.Writer),
            cancellationToken).ConfigureAwait(false);
        try
        {
            using var end = _ending.Token.Register(() => events.Writer.TryComplete());
            // The close callback of libvirt belongs to a whole connection, so the end is noticed by looking.
            using var timer = new Timer(
                _ =>
                {
                    if (!IsAlive)
                    {
                        events.Writer.TryComplete();
                    }
                },
                null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
            await foreach (DomainEvent change in events.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return change;
            }
        }
        finally
        {
            try
            {
                await CallAsync("stop its reports", () => LibVirtEvents.Deregister(_handle, callback), CancellationToken.None).ConfigureAwait(false);
            }
            catch (LibvirtException)
            {
                // The daemon is gone, and the registration with it.
            }
        }
    }

    private ConnectionUse Keep()
    {
        try
        {
            return new ConnectionUse(_handle);
        }
        catch (ObjectDisposedException)
        {
            throw new LibvirtException(0, "libvirt could not report the lives of its domains: the connection is closed.");
        }
    }
}
