using System.Globalization;
using System.Net.Sockets;
using VirtHandover.Linux;

namespace VirtHandover.Service;

/// <summary>The socket that systemd opened for this process; see sd_listen_fds(3).</summary>
internal static class SocketActivation
{
    private const int First = 3;

    /// <summary>Takes it over.</summary>
    /// <returns>The listening socket; null when systemd handed over none, or not exactly one.</returns>
    /// <exception cref="LinuxException">There is no such descriptor.</exception>
    internal static Socket? Take()
    {
        var isOurs = IsOurs(Environment.GetEnvironmentVariable, Environment.ProcessId);
        // Of no concern to keepers.
        foreach (var variable in (string[])["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"])
            Environment.SetEnvironmentVariable(variable, null);
        return isOurs ? UnixSockets.Inherited(First) : null;
    }

    /// <summary>Whether one socket is there for this process.</summary>
    internal static bool IsOurs(Func<string, string?> variable, int processId) =>
        variable("LISTEN_PID") == processId.ToString(CultureInfo.InvariantCulture) && variable("LISTEN_FDS") == "1";
}
