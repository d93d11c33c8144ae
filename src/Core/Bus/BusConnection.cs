using System.ComponentModel;
using System.Net.Sockets;
using Tmds.DBus.Protocol;
using VirtHandover.Bus.Client;
using VirtHandover.Bus.Gate;

namespace VirtHandover.Bus;

/// <summary>
/// A connection to a D-Bus bus, by Tmds.DBus. Every member here may be called from any thread. Descriptors are not passed: none is used, and a bus sends none
/// to whom it was not told so.
/// </summary>
internal sealed partial class BusConnection : IAsyncDisposable
{
    /// <summary>Where the system bus is when <c>DBUS_SYSTEM_BUS_ADDRESS</c> does not say otherwise.</summary>
    internal const string DefaultSystemAddress = "unix:path=/run/dbus/system_bus_socket";

    // As long as a call is waited for; and where ssh may ask a person for a password before, as long as sd-bus gives one.
    private static readonly TimeSpan s_greetingLimit = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan s_remoteLimit = TimeSpan.FromSeconds(90);

    // For what was sent before the end. A bus that hangs is not waited for.
    private static readonly TimeSpan s_farewellLimit = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<string> _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _where;
    private readonly GateLimits? _limits;
    private readonly BusStream _stream;
    private readonly DBusConnection _bus;
    private readonly BusObjects _objects;
    private volatile bool _hasSpoken;
    private int _disposed;

    private BusConnection(string where, Stream bus, GateLimits? limits)
    {
        (_where, _limits) = (where, limits);
        _stream = limits is null ? new BusStream(bus) : new GatedStream(bus, limits);
        _bus = new DBusConnection(new Options(this));
        _objects = new BusObjects(this);
    }

    /// <summary>Completes with the reason once the connection has ended, whoever ended it.</summary>
    internal Task<string> Disconnected => _disconnected.Task;

    /// <summary>Hears of faults of this program that a caller only sees as <see cref="ServiceErrors"/>'s "Failed".</summary>
    internal Action<string, Exception>? Faulted { get; set; }

    /// <summary>The address of the system bus for this process.</summary>
    internal static string SystemAddress =>
        Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is { Length: > 0 } address ? address : DefaultSystemAddress;

    private GatedStream? Gate => _stream as GatedStream;

    /// <summary>Connects to a bus and says hello.</summary>
    /// <param name="address">A D-Bus address; null for the system bus.</param>
    /// <param name="cancellationToken">Gives up waiting; nothing stays open.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="BusException"><see cref="BusErrorNames.NoServer"/>: there is no bus, or it does not let us in.</exception>
    internal static Task<BusConnection> OpenAsync(string? address, CancellationToken cancellationToken) => OpenAsync(address, null, cancellationToken);

    /// <summary>As above, for one that others call.</summary>
    /// <param name="address">As above.</param>
    /// <param name="limits">What callers may ask for at a time; null: there are none, only those whom we ask ourselves.</param>
    /// <param name="cancellationToken">As above.</param>
    /// <returns>As above.</returns>
    /// <exception cref="BusException">As above.</exception>
    internal static Task<BusConnection> OpenAsync(string? address, GateLimits? limits, CancellationToken cancellationToken)
    {
        address ??= SystemAddress;
        return OpenAsync($" at \"{address}\"", limit => BusAddress.ConnectAsync(address, limit), limits, s_greetingLimit, cancellationToken);
    }

    /// <summary>As above, to the bus of another machine.</summary>
    /// <param name="remote">The way there.</param>
    /// <param name="cancellationToken">As above.</param>
    /// <returns>As above.</returns>
    /// <exception cref="BusException">As above.</exception>
    internal static Task<BusConnection> OpenRemoteAsync(IRemoteBus remote, CancellationToken cancellationToken) =>
        OpenAsync(" of the other machine", _ => Task.FromResult(remote.Open()), null, s_remoteLimit, cancellationToken);

    /// <summary>Closes the connection after everything that was sent before has arrived at the bus. Pending calls fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            // Tmds.DBus would drop what it has not written yet: the last replies and signals are among it. Whoever only calls has had his answers.
            if (_hasSpoken)
                await RoundTripAsync(s_farewellLimit).ConfigureAwait(false);
            _bus.Dispose();
        }

        await _disconnected.Task.ConfigureAwait(false);
    }

    /// <summary>The user who has a unique name, if the gate has had to ask the bus for it.</summary>
    internal uint? UserOf(string name) => Gate?.UserOf(name);

    /// <summary>Tells <see cref="Faulted"/>; what that throws is nobody's any more.</summary>
    internal void Report(string what, Exception exception)
    {
        try
        {
            Faulted?.Invoke(what, exception);
        }
        catch (Exception)
        {
            // Called where no exception may leave.
        }
    }

    private static async Task<BusConnection> OpenAsync(
        string where, Func<CancellationToken, Task<Stream>> connect, GateLimits? limits, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        Stream? bus = null;
        try
        {
            bus = await connect(limit.Token).ConfigureAwait(false);
            await BusGreeting.SayAsync(bus, limit.Token).ConfigureAwait(false);
            var connection = new BusConnection(where, bus, limits);
            bus = connection._stream;
            await connection._bus.ConnectAsync().AsTask().WaitAsync(limit.Token).ConfigureAwait(false);
            _ = connection.FollowAsync();
            return connection;
        }
        catch (Exception e)
        {
            if (bus is not null)
                await bus.DisposeAsync().ConfigureAwait(false);
            throw e switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested =>
                    NoServer(where, $"it has not answered within {patience.TotalSeconds:0} s"),
                BusException or DBusExceptionBase or IOException or SocketException or Win32Exception => NoServer(where, e.Message),
                _ => e,
            };
        }
    }

    private async Task FollowAsync()
    {
        var reason = await _bus.DisconnectedAsync().ConfigureAwait(false);
        _disconnected.TrySetResult(reason is null ? "The D-Bus connection was closed." : NoServer(_where, reason.Message).Message);
    }

    private static BusException NoServer(string where, string why) =>
        new(BusErrorNames.NoServer, $"The D-Bus bus{where} cannot be used: {why.TrimEnd('.')}.");

    private sealed class Options : DBusConnectionOptions
    {
        private readonly BusStream _stream;

        internal Options(BusConnection owner)
            : base("")
        {
            _stream = owner._stream;

            // None of ours throws. If one does, it is a fault of this program, and no reason to leave the bus.
            OnException = context =>
            {
                if (context.Source == DBusConnection.ExceptionSource.ConnectionFailed)
                    return;
                context.DisconnectConnection = false;
                owner.Report("A D-Bus message could not be handled.", context.Exception);
            };
        }

        protected override ValueTask<SetupResult> SetupAsync(CancellationToken cancellationToken) =>
            new(new SetupResult { ConnectionStream = _stream, UserId = "", MachineId = MachineId() });

        // Tmds.DBus knows D-Bus's own file alone, which a host with systemd need not have.
        private static string MachineId()
        {
            try
            {
                return File.ReadAllText("/etc/machine-id").Trim();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new string('0', 32);
            }
        }
    }
}
