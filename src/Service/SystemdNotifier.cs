using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace VirtHandover.Service;

/// <summary>Tells systemd how the service is; does nothing where nobody listens (<c>NOTIFY_SOCKET</c>).</summary>
internal sealed class SystemdNotifier : IDisposable
{
    private const string Variable = "NOTIFY_SOCKET";
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);

    // Taken out of the environment: what the service starts (systemctl's agent for passwords among it) would speak for it, and systemd complains of each.
    private static readonly Lazy<string?> s_listener = new(() =>
    {
        var listener = Listener(Environment.GetEnvironmentVariable);
        Environment.SetEnvironmentVariable(Variable, null);
        return listener;
    });

    private readonly ITimer? _watchdog;

    /// <summary>Starts the watchdog's beats when systemd asked for them.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="isAlive">Whether the service's loops still run, and get on.</param>
    public SystemdNotifier(TimeProvider time, Func<bool> isAlive)
    {
        if (WatchdogPeriod(Environment.GetEnvironmentVariable) is { } period)
        {
            _watchdog = time.CreateTimer(
                _ =>
                {
                    if (isAlive())
                    {
                        Send("WATCHDOG=1");
                    }
                },
                null, period, period);
        }
    }

    /// <summary>The service answers calls.</summary>
    public static void Ready() => Send("READY=1");

    /// <summary>The service ends.</summary>
    public static void Stopping() => Send("STOPPING=1");

    /// <inheritdoc/>
    public void Dispose() => _watchdog?.Dispose();

    /// <summary>Half of what systemd waits, if it waits for this process.</summary>
    internal static TimeSpan? WatchdogPeriod(Func<string, string?> variable)
    {
        var pid = variable("WATCHDOG_PID");
        if (!string.IsNullOrEmpty(pid) && pid != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        {
            return null;
        }

        return long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds <= TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond
            && TimeSpan.FromMicroseconds(microseconds) >= Least
                ? TimeSpan.FromMicroseconds(microseconds / 2)
                : null;
    }

    /// <summary>The address of the socket; a first letter <c>@</c> stands for the zero of a name that is in no directory.</summary>
    /// <returns>Null when nobody listens, or not on a socket of this host.</returns>
    internal static string? Listener(Func<string, string?> variable) => variable(Variable) switch
    {
        ['/', ..] path => path,
        ['@', .. var name] => "\0" + name,
        _ => null,
    };

    /// <summary>Says something to whoever listens; see sd_notify(3), "Standalone Implementations".</summary>
    internal static void Tell(string listener, string state)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.ASCII.GetBytes(state), new UnixDomainSocketEndPoint(listener));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // Nobody to tell.
        }
    }

    private static void Send(string state)
    {
        if (s_listener.Value is { } listener)
        {
            Tell(listener, state);
        }
    }
}
