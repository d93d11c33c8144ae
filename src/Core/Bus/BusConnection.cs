using VirtHandover.Bus.Gate;
using VirtHandover.Bus.Interop;

namespace VirtHandover.Bus;

/// <summary>
/// A connection to a D-Bus bus. One thread owns the <c>sd_bus</c> and everything that hangs on it; everybody else posts work to
/// that thread, so every member here may be called from any thread.
/// </summary>
internal sealed partial class BusConnection : IAsyncDisposable
{
    /// <summary>Where the system bus is when <c>DBUS_SYSTEM_BUS_ADDRESS</c> does not say otherwise.</summary>
    internal const string DefaultSystemAddress = "unix:path=/run/dbus/system_bus_socket";

    private const int MessagesInOneStep = 64;

    private static readonly TimeSpan s_defaultTimeout = TimeSpan.FromSeconds(25);

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly BusLoop _loop;
    private readonly string _address;
    private readonly GateLimits? _limits;
    private BusGate? _gate;
    private nint _bus;

    private BusConnection(string address, GateLimits? limits)
    {
        (_address, _limits) = (address, limits);
        _loop = new BusLoop("bus", Start, Step, Stop);
    }

    /// <summary>Completes with the reason once the connection has ended, whoever ended it.</summary>
    internal Task<string> Disconnected => _disconnected.Task;

    /// <summary>Hears of faults of this program that a caller only sees as <see cref="ServiceErrors"/>'s "Failed".</summary>
    internal Action<string, Exception>? Faulted { get; set; }

    /// <summary>The address of the system bus for this process.</summary>
    internal static string SystemAddress =>
        Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is { Length: > 0 } address ? address : DefaultSystemAddress;

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
    internal static async Task<BusConnection> OpenAsync(string? address, GateLimits? limits, CancellationToken cancellationToken)
    {
        var connection = new BusConnection(address ?? SystemAddress, limits);
        try
        {
            connection._loop.Start();
            await connection._ready.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes the connection after everything that was posted before. Pending calls fail.</summary>
    public async ValueTask DisposeAsync() => await _loop.StopAsync().ConfigureAwait(false);

    private void Start()
    {
        try
        {
            BusCheck.Succeeded(SdBus.sd_bus_new(out _bus), "make a D-Bus connection");
            if (_limits is null)
                BusCheck.Succeeded(SdBus.sd_bus_set_address(_bus, _address), $"understand the D-Bus address \"{_address}\"");
            else
                PutGateBefore(_limits);
            BusCheck.Succeeded(SdBus.sd_bus_set_bus_client(_bus, 1), "make a D-Bus connection");
            BusCheck.Succeeded(SdBus.sd_bus_start(_bus), "connect");
        }
        catch (DllNotFoundException)
        {
            throw NoServer($"{SdBus.Library} is not installed");
        }
        catch (BusException e)
        {
            throw NoServer(e.Message);
        }
    }

    private void PutGateBefore(GateLimits limits)
    {
        _gate = BusGate.Open(_address, limits);

        // sd-bus has the descriptor from here on, unless it says that it has not.
        var result = SdBus.sd_bus_set_fd(_bus, _gate.Inner, _gate.Inner);
        if (result < 0)
            _ = Libc.close(_gate.Inner);
        BusCheck.Succeeded(result, "make a D-Bus connection");
        BusCheck.Succeeded(SdBus.sd_bus_negotiate_fds(_bus, 0), "make a D-Bus connection");
    }

    /// <summary>Does all that can be done without waiting.</summary>
    private unsafe BusWait Step()
    {
        PassGate();

        // Not until nothing is left: somebody who floods us must not keep the replies to others from being sent.
        var result = 1;
        for (var turn = 0; turn < MessagesInOneStep && result > 0; turn++)
        {
            result = SdBus.sd_bus_process(_bus, null);
            if (result < 0)
                throw NoServer(BusCheck.Failure(result, "go on").Message);
            if (!_ready.Task.IsCompleted && SdBus.sd_bus_is_ready(_bus) > 0)
                _ready.TrySetResult();
        }

        // What came through, and what was answered: another step follows at once.
        var more = PassGate();

        // After a full step the timeout is 0 when sd-bus has more in its hands, and poll sees what is still in the socket.
        BusCheck.Succeeded(SdBus.sd_bus_get_timeout(_bus, out var until), "ask for the next D-Bus timeout");
        var fd = BusCheck.Succeeded(SdBus.sd_bus_get_fd(_bus), "ask for the D-Bus socket");
        var events = BusCheck.Succeeded(SdBus.sd_bus_get_events(_bus), "ask for the D-Bus socket's events");
        return new BusWait(fd, (short)events, more ? 0 : until, _gate?.Wait());
    }

    private bool PassGate()
    {
        try
        {
            return _gate?.Step() ?? false;
        }
        catch (BusException e)
        {
            throw NoServer(e.Message);
        }
    }

    private void Stop(Exception? failure)
    {
        var reason = failure?.Message ?? "The D-Bus connection was closed.";
        _ready.TrySetException(failure ?? NoServer("it was closed"));
        try
        {
            if (_bus != 0)
            {
                // No sd_bus_flush: it waits for ever for a bus that hangs. The last step has written all that the socket takes.
                ReleaseAll(reason);
                SdBus.sd_bus_close(_bus);
                _bus = SdBus.sd_bus_unref(_bus);
            }

            _gate?.Dispose();
        }
        finally
        {
            _disconnected.TrySetResult(reason);
        }
    }

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

    private BusException NoServer(string why) =>
        new(BusErrorNames.NoServer, $"The D-Bus bus at \"{_address}\" cannot be used: {why.TrimEnd('.')}.");
}
