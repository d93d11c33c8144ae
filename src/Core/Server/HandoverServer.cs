using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Bus.Contract;
using VirtHandover.Bus.Gate;
using VirtHandover.Contract;

namespace VirtHandover.Server;

/// <summary>
/// The service on the bus: shows a <see cref="HostView"/> as objects, properties and signals, and passes calls on to an
/// <see cref="IHandoverRequests"/>. It knows nothing of how the state comes about.
/// </summary>
public sealed class HandoverServer : IAsyncDisposable
{
    private readonly BusConnection _connection;
    private readonly PublishedManager _manager;
    private readonly CancellationTokenSource _stopping;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Dictionary<Guid, (PublishedDomain Domain, BusObject Object)> _domains = [];
    private BusObject? _managerObject;
    private int _disposed;

    private HandoverServer(BusConnection connection, PublishedManager manager, CancellationTokenSource stopping) =>
        (_connection, _manager, _stopping) = (connection, manager, stopping);

    /// <summary>Completes with the reason once the bus is gone; a service without its bus has no callers and should end.</summary>
    public Task<string> Disconnected => _connection.Disconnected;

    /// <summary>Connects, exports everything, and only then takes the name: whoever was waiting for it finds a complete service.</summary>
    /// <param name="address">A D-Bus address; null for the system bus.</param>
    /// <param name="requests">Answers the calls.</param>
    /// <param name="view">What to show first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The server, to be disposed of.</returns>
    /// <exception cref="ServiceException"><see cref="ServiceFault.Unreachable"/>: no bus;
    /// <see cref="ServiceFault.NotAuthorized"/>: the bus policy does not give us the name;
    /// <see cref="ServiceFault.Failed"/>: another service runs already.</exception>
    public static Task<HandoverServer> StartAsync(
        string? address, IHandoverRequests requests, HostView view, CancellationToken cancellationToken) =>
        StartAsync(address, requests, view, faulted: null, cancellationToken);

    /// <summary>As above.</summary>
    /// <param name="address">As above.</param>
    /// <param name="requests">As above.</param>
    /// <param name="view">As above.</param>
    /// <param name="faulted">Hears of exceptions that callers only see as "Failed": what was tried, and the exception. For the log.</param>
    /// <param name="cancellationToken">As above.</param>
    /// <returns>As above.</returns>
    /// <exception cref="ServiceException">As above.</exception>
    public static async Task<HandoverServer> StartAsync(
        string? address, IHandoverRequests requests, HostView view, Action<string, Exception>? faulted, CancellationToken cancellationToken)
    {
        HandoverServer? server = null;
        try
        {
            var connection = await BusConnection.OpenAsync(address, new GateLimits(), cancellationToken).ConfigureAwait(false);
            connection.Faulted = faulted;
            var stopping = new CancellationTokenSource();
            server = new HandoverServer(connection, new PublishedManager(requests, view, stopping.Token), stopping);
            await connection.AddObjectManagerAsync(HandoverNames.ManagerPath).ConfigureAwait(false);
            server._managerObject = await connection
                .ExportAsync(HandoverNames.ManagerPath, announce: false, (ManagerContract.Definition, server._manager)).ConfigureAwait(false);
            await server.PublishAsync(view).ConfigureAwait(false);
            await connection.RequestNameAsync(HandoverNames.BusName, cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch (Exception e)
        {
            if (server is not null)
                await server.DisposeAsync().ConfigureAwait(false);
            if (e is BusException { Name: BusErrorNames.AccessDenied } denied)
            {
                throw new ServiceException(
                    ServiceFault.NotAuthorized,
                    $"Could not offer {HandoverNames.BusName} on D-Bus: the bus does not let user {Environment.UserName} have that name. Have it read its "
                        + $"configuration again ('systemctl reload dbus'), then restart virt-handoverd. ({denied.Message})");
            }

            if (e is BusException error)
                throw ServiceErrors.ToClient(error, $"offer {HandoverNames.BusName} on D-Bus");
            throw;
        }
    }

    /// <summary>Shows a new state: objects that came or went are announced, and exactly those properties that differ.</summary>
    /// <param name="view">The complete state. Two domains of one UUID cannot be.</param>
    /// <exception cref="ServiceException">The bus is gone.</exception>
    public async Task PublishAsync(HostView view)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            var before = new PublishedManager(_manager.Requests, _manager.View, default);
            _manager.View = view;
            await _managerObject!.ChangedAsync(HandoverNames.Manager, Differences(ManagerContract.Definition, before, _manager)).ConfigureAwait(false);
            foreach (var gone in _domains.Keys.Except(view.Domains.Select(domain => domain.Uuid)).ToArray())
            {
                _domains.Remove(gone, out var entry);
                await entry.Object.RemoveAsync().ConfigureAwait(false);
            }

            foreach (var domain in view.Domains)
                await PublishAsync(domain).ConfigureAwait(false);
        }
        catch (BusException e)
        {
            throw ServiceErrors.ToClient(e, "show the new state on D-Bus");
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Tells that a handover has ended (<c>HandoverEnded</c>); call it after the state that shows the result was published.</summary>
    /// <exception cref="ServiceException">The bus is gone.</exception>
    public async Task EndedAsync(HandoverReport report)
    {
        try
        {
            await _managerObject!.SignalAsync(
                HandoverNames.Manager,
                "HandoverEnded",
                (ulong)Math.Max(0, report.Id),
                new BusValue.ObjectPath(HandoverNames.PathOf(report.Domain)),
                BusWord.ToBus(report.Outcome)).ConfigureAwait(false);
        }
        catch (BusException e)
        {
            throw ServiceErrors.ToClient(e, "tell the end of a handover on D-Bus");
        }
    }

    /// <summary>Leaves the bus; calls that are still being answered are told to stop.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
        _gate.Dispose();
    }

    private async Task PublishAsync(DomainView view)
    {
        if (!_domains.TryGetValue(view.Uuid, out var entry))
        {
            var domain = new PublishedDomain(_manager, view);
            var exported = await _connection
                .ExportAsync(HandoverNames.PathOf(view.Uuid), announce: true, (DomainContract.Definition, domain)).ConfigureAwait(false);
            _domains.Add(view.Uuid, (domain, exported));
            return;
        }

        var before = new PublishedDomain(_manager, entry.Domain.View);
        entry.Domain.View = view;
        await entry.Object.ChangedAsync(HandoverNames.Domain, Differences(DomainContract.Definition, before, entry.Domain)).ConfigureAwait(false);
    }

    private static List<string> Differences(InterfaceDefinition definition, object before, object after) =>
    [
        .. definition.Properties
            .Where(property => property.Change == PropertyChange.Announced && !property.Getter(before).Equals(property.Getter(after)))
            .Select(property => property.Name),
    ];
}
