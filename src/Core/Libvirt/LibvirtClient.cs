namespace VirtHandover.Libvirt;

/// <summary>A connection to libvirt that is opened when it is needed, and again after the daemon was restarted.</summary>
/// <param name="uri">The connection URI.</param>
public sealed class LibvirtClient(string uri = LibvirtConnection.SystemUri) : IRunningDomains, IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private LibvirtConnection? _connection;

    /// <summary>The present connection, or a new one. It belongs to this object: do not dispose of it.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>A connection that was alive a moment ago.</returns>
    /// <exception cref="LibvirtException">libvirt cannot be reached.</exception>
    public async Task<LibvirtConnection> ConnectAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_connection is not { IsAlive: true })
            {
                await Drop_NeedsLock().ConfigureAwait(false);
                _connection = await LibvirtConnection.OpenAsync(uri, limit: null, cancellationToken).ConfigureAwait(false);
            }

            return _connection;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RunningDomain>> ListRunningAsync(CancellationToken cancellationToken)
    {
        LibvirtConnection connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await connection.ListRunningAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException) when (!connection.IsAlive)
        {
            // The daemon was restarted since the last call and this one noticed it.
            connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            return await connection.ListRunningAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets go of the connection, if there is one.</summary>
    /// <returns>Completes when it is closed.</returns>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            await Drop_NeedsLock().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task Drop_NeedsLock()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
            _connection = null;
        }
    }
}
