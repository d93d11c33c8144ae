using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>Displays.</summary>
internal static class DisplayCommands
{
    /// <summary><c>display-update</c>: makes a VNC server that was started with <c>-vnc none</c> listen.</summary>
    /// <param name="qmp">The target, after the source has died.</param>
    /// <param name="addresses">QMP SocketAddress objects (<c>type</c>, <c>host</c>, <c>port</c> …).</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal static Task DisplayUpdateVncAsync(this IQmpChannel qmp, JsonArray addresses, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("display-update", new JsonObject { ["type"] = "vnc", ["addresses"] = addresses.DeepClone() }, null, cancellationToken);
}
