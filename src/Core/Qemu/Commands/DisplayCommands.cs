using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>What <c>query-vnc</c> says.</summary>
internal sealed record VncInfo(bool IsEnabled, string? Host, string? Service, string? Auth, int Clients);

/// <summary>Displays.</summary>
internal static class DisplayCommands
{
    /// <summary><c>query-vnc</c>.</summary>
    internal static async Task<VncInfo> QueryVncAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        var reply = await qmp.AskAsync("query-vnc", null, cancellationToken).ConfigureAwait(false);
        return new VncInfo(
            reply["enabled"].Flag(),
            reply.Find("host")?.Text(),
            reply.Find("service")?.Text(),
            reply.Find("auth")?.Text(),
            reply.Find("clients")?.Each(_ => 1).Count ?? 0);
    }

    /// <summary><c>display-update</c>: makes a VNC server that was started with <c>-vnc none</c> listen.</summary>
    /// <param name="qmp">The target, after the source has died.</param>
    /// <param name="addresses">QMP SocketAddress objects (<c>type</c>, <c>host</c>, <c>port</c> …).</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal static Task DisplayUpdateVncAsync(this IQmpChannel qmp, JsonArray addresses, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("display-update", new JsonObject { ["type"] = "vnc", ["addresses"] = addresses.DeepClone() }, null, cancellationToken);

    /// <summary><c>set_password</c>.</summary>
    internal static Task SetPasswordAsync(this IQmpChannel qmp, string protocol, string password, string? connected, CancellationToken cancellationToken = default)
    {
        var arguments = new JsonObject { ["protocol"] = protocol, ["password"] = password };
        if (connected is not null)
            arguments["connected"] = connected;
        return qmp.ExecuteAsync("set_password", arguments, null, cancellationToken);
    }

    /// <summary><c>expire_password</c>: <paramref name="time"/> is <c>now</c>, <c>never</c>, <c>+SECONDS</c> or seconds since 1970.</summary>
    internal static Task ExpirePasswordAsync(this IQmpChannel qmp, string protocol, string time, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("expire_password", new JsonObject { ["protocol"] = protocol, ["time"] = time }, null, cancellationToken);
}
