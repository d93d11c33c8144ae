using System.Globalization;
using VirtHandover.Service.Interop;

namespace VirtHandover.Service;

/// <summary>Tells systemd how the service is; does nothing where nobody listens (<c>NOTIFY_SOCKET</c>).</summary>
internal sealed class SystemdNotifier : IDisposable
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);
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

    private static void Send(string state)
    {
        try
        {
            _ = LibSystemd.sd_notify(0, state);
        }
        catch (DllNotFoundException)
        {
            // Without libsystemd there is no bus either, and the service has said so already.
        }
    }
}
