using System.Threading.Channels;
using VirtHandover.Bus.Contract;

namespace VirtHandover.Bus.Client;

/// <summary>The signals of one run of the service; the channel ends when that run or the bus does.</summary>
internal sealed class ServiceWatch : IAsyncDisposable
{
    private readonly Channel<BusMessage> _signals = Channel.CreateUnbounded<BusMessage>();
    private readonly List<IAsyncDisposable> _subscriptions = [];
    private readonly Lock _gate = new();
    private string? _seenOwner;
    private string? _boundOwner;

    private ServiceWatch(BusConnection connection) => Connection = connection;

    internal BusConnection Connection { get; }

    internal ChannelReader<BusMessage> Signals => _signals.Reader;

    /// <summary>True once the service that this watch is bound to has left the bus.</summary>
    internal bool ServiceIsGone
    {
        get
        {
            lock (_gate)
                return IsGone_NeedsLock();
        }
    }

    /// <exception cref="BusException">The bus refused.</exception>
    internal static async Task<ServiceWatch> StartAsync(BusConnection connection, SignalRule rule)
    {
        var watch = new ServiceWatch(connection);
        try
        {
            watch._subscriptions.Add(await connection.WatchNameAsync(HandoverNames.BusName, watch.OwnerChanged).ConfigureAwait(false));
            watch._subscriptions.Add(await connection.MatchAsync(rule, signal => watch._signals.Writer.TryWrite(signal)).ConfigureAwait(false));
        }
        catch
        {
            await watch.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        _ = connection.Disconnected.ContinueWith(_ => watch._signals.Writer.TryComplete(), TaskScheduler.Default);
        return watch;
    }

    /// <summary>From now on the present owner of the name is the service; call it after the first answer, when it surely runs.</summary>
    /// <returns>The owner's unique name; empty when it has already gone.</returns>
    /// <exception cref="BusException">The bus does not answer.</exception>
    internal async Task<string> BindAsync(CancellationToken cancellationToken)
    {
        var owner = await Connection.GetNameOwnerAsync(HandoverNames.BusName, cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _boundOwner = owner;
            if (owner.Length == 0 || IsGone_NeedsLock())
                _signals.Writer.TryComplete();
        }

        return owner;
    }

    public async ValueTask DisposeAsync()
    {
        _signals.Writer.TryComplete();
        foreach (var subscription in _subscriptions)
            await subscription.DisposeAsync().ConfigureAwait(false);
    }

    private void OwnerChanged(string owner)
    {
        lock (_gate)
        {
            // Before the binding only the last owner counts: the service may have been started, or restarted, by our own call.
            _seenOwner = owner;
            if (IsGone_NeedsLock())
                _signals.Writer.TryComplete();
        }
    }

    private bool IsGone_NeedsLock() => _boundOwner is not null && _seenOwner is not null && _seenOwner != _boundOwner;
}
