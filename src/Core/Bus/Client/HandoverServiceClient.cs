using VirtHandover.Bus.Contract;
using VirtHandover.Contract;

namespace VirtHandover.Bus.Client;

/// <summary>The service over D-Bus. Connects when it is first used, and again when the bus was restarted.</summary>
public sealed partial class HandoverServiceClient : IHandoverService
{
    // Starting the service on demand is part of the first call, and systemd may have libvirt to start before it.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // A person who is asked for a password needs longer; root is never asked.
    private static readonly TimeSpan s_patienceWithPeople = TimeSpan.FromMinutes(5);

    private readonly string? _address;
    private readonly IPasswordPrompt? _prompt;
    private readonly IRemoteBus? _remote;
    private readonly SemaphoreSlim _gate = new(1);
    private BusConnection? _connection;

    // For the names in sentences; a call itself is about a UUID.
    private volatile HostView? _last;

    /// <summary>Creates the client; nothing is connected yet.</summary>
    /// <param name="address">A D-Bus address; null for the system bus (or <c>DBUS_SYSTEM_BUS_ADDRESS</c>).</param>
    /// <param name="prompt">Opened when polkit wants a password; null leaves that to an agent that the session may have.</param>
    public HandoverServiceClient(string? address = null, IPasswordPrompt? prompt = null)
    {
        _address = address;
        _prompt = prompt;
    }

    /// <summary>Creates a client of another machine's service; nothing is connected yet.</summary>
    /// <param name="remote">Where that machine's bus is.</param>
    public HandoverServiceClient(IRemoteBus remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        _remote = remote;
    }

    /// <inheritdoc/>
    public async Task<HostView> ReadAsync(CancellationToken cancellationToken)
    {
        const string purpose = "read the state of the virtual machines";
        return await Guard(purpose, async () =>
        {
            var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            return _last = (await LoadAsync(connection, cancellationToken).ConfigureAwait(false)).View;
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task ApproveAsync(Guid domain, TimeSpan? maxPause, CancellationToken cancellationToken)
    {
        var options = new Dictionary<string, BusValue>();
        PolicyOptions.Allow(options, maxPause);
        return CallAsync($"approve {NameOf(domain)}", ToDomain(domain, "Approve", BusValue.Options(options)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeferAsync(Guid domain, DateTimeOffset until, string reason, CancellationToken cancellationToken)
    {
        var options = string.IsNullOrEmpty(reason)
            ? BusValue.NoOptions()
            : BusValue.Options(new Dictionary<string, BusValue> { ["reason"] = reason });
        return CallAsync($"defer {NameOf(domain)}", ToDomain(domain, "Defer", BusTime.ToBus(until), options), cancellationToken);
    }

    /// <inheritdoc/>
    public Task CancelAsync(Guid domain, CancellationToken cancellationToken) =>
        CallAsync($"cancel the handover of {NameOf(domain)}", ToDomain(domain, "Cancel", BusValue.NoOptions()), cancellationToken);

    /// <inheritdoc/>
    public Task RetryAsync(Guid domain, CancellationToken cancellationToken) =>
        CallAsync($"retry {NameOf(domain)}", ToDomain(domain, "Retry", BusValue.NoOptions()), cancellationToken);

    /// <inheritdoc/>
    public Task RescanAsync(CancellationToken cancellationToken) =>
        CallAsync("rescan the virtual machines", ToManager("Rescan", BusValue.NoOptions()), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<HandoverReport>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        const string purpose = "read the history";
        var request = ToManager(
            "History", query.Domain?.ToString("D") ?? "", (uint)Math.Max(0, query.Limit), HistoryOptions.ToBus(query));
        var reply = await CallAsync(purpose, request, cancellationToken).ConfigureAwait(false);
        return await Guard(purpose, () =>
            Task.FromResult<IReadOnlyList<HandoverReport>>([.. reply[0].AsItems().Select(ReportCodec.FromBus)])).ConfigureAwait(false);
    }

    /// <summary>Tells the service that a package manager has replaced files (<c>Manager.NotifyUpdate</c>); starts it when needed.</summary>
    /// <param name="source">Who says so, for example <c>rpm</c>.</param>
    /// <param name="paths">The files; hints only.</param>
    /// <param name="cancellationToken">Gives up waiting for the reply.</param>
    /// <returns>When the service has recorded it. A call without a reply would be lost where the service has to be started first.</returns>
    /// <exception cref="ServiceException">The service or the bus cannot be reached, or it refused.</exception>
    public Task NotifyUpdateAsync(string source, IEnumerable<string> paths, CancellationToken cancellationToken) =>
        CallAsync("report an update", ToManager("NotifyUpdate", source, BusValue.Strings(paths)), cancellationToken);

    /// <summary>Closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private static async Task<HostMirror> LoadAsync(BusConnection connection, CancellationToken cancellationToken)
    {
        var managed = await connection.CallAsync(
            new BusRequest(HandoverNames.BusName, HandoverNames.ManagerPath, HandoverNames.ObjectManager, "GetManagedObjects")
            {
                Timeout = s_patience,
            },
            cancellationToken).ConfigureAwait(false);
        var manager = await connection.CallAsync(
            new BusRequest(HandoverNames.BusName, HandoverNames.ManagerPath, HandoverNames.Properties, "GetAll", HandoverNames.Manager)
            {
                Timeout = s_patience,
            },
            cancellationToken).ConfigureAwait(false);
        return new HostMirror(managed[0], manager[0]);
    }

    private static BusRequest ToManager(string member, params BusValue[] arguments) =>
        new(HandoverNames.BusName, HandoverNames.ManagerPath, HandoverNames.Manager, member, arguments)
        {
            Timeout = Environment.IsPrivilegedProcess ? s_patience : s_patienceWithPeople,
            Interactive = true,
        };

    /// <exception cref="ServiceException">Whatever the action met on the bus.</exception>
    private static async Task<T> Guard<T>(string purpose, Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (BusException e)
        {
            throw ServiceErrors.ToClient(e, purpose);
        }
    }

    private string NameOf(Guid domain) =>
        _last?.Domains.FirstOrDefault(one => one.Uuid == domain)?.Name is { Length: > 0 } name ? name : $"domain {domain}";

    private static BusRequest ToDomain(Guid domain, string member, params BusValue[] arguments) =>
        new(HandoverNames.BusName, HandoverNames.PathOf(domain), HandoverNames.Domain, member, arguments)
        {
            Timeout = Environment.IsPrivilegedProcess ? s_patience : s_patienceWithPeople,
            Interactive = true,
        };

    private Task<IReadOnlyList<BusValue>> CallAsync(string purpose, BusRequest request, CancellationToken cancellationToken) =>
        Guard(purpose, async () =>
        {
            var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            return await AuthorizedAsync(connection, request, cancellationToken).ConfigureAwait(false);
        });

    /// <summary>Makes a call; when polkit wants a password for it, gets ready to be asked and makes it again.</summary>
    private async Task<IReadOnlyList<BusValue>> AuthorizedAsync(BusConnection connection, BusRequest request, CancellationToken cancellationToken)
    {
        if (_prompt is null)
            return await connection.CallAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            return await connection.CallAsync(request with { Interactive = false }, cancellationToken).ConfigureAwait(false);
        }
        catch (BusException e) when (e.Name == BusErrorNames.InteractiveAuthorizationRequired)
        {
            if (!await _prompt.OpenAsync(cancellationToken).ConfigureAwait(false))
                throw;
        }

        return await connection.CallAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<BusConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_connection is { Disconnected.IsCompleted: true })
            {
                await _connection.DisposeAsync().ConfigureAwait(false);
                _connection = null;
            }

            return _connection ??= await (_remote is null
                ? BusConnection.OpenAsync(_address, cancellationToken)
                : BusConnection.OpenRemoteAsync(_remote, cancellationToken)).ConfigureAwait(false);
        }
        catch (BusException e) when (_remote is not null && e.Name == BusErrorNames.NoServer)
        {
            throw new ServiceException(ServiceFault.Unreachable, await _remote.ExplainAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _gate.Release();
        }
    }
}
