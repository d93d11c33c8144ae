using System.Text.Json.Nodes;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>The addresses of a VNC server, in the form in which <c>display-update</c> takes them.</summary>
internal static class VncListeners
{
    /// <summary>Reads them; a websocket is told apart by the preflight.</summary>
    internal static async Task<JsonArray> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var addresses = new JsonArray();
        IReadOnlyList<VncListener> listeners;
        try
        {
            listeners = await qmp.QueryVncServersAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (QmpException exception) when (exception.IsUnknownCommand)
        {
            return addresses; // built without VNC
        }

        foreach (var listener in listeners.Where(listener => !listener.IsWebsocket))
        {
            addresses.Add((JsonNode)(listener.Family == "unix"
                ? new JsonObject { ["type"] = "unix", ["path"] = listener.Service.Length > 0 ? listener.Service : listener.Host }
                : new JsonObject
                {
                    ["type"] = "inet",
                    ["host"] = listener.Host,
                    ["port"] = listener.Service,
                    ["ipv4"] = listener.Family == "ipv4",
                    ["ipv6"] = listener.Family == "ipv6",
                }));
        }

        return addresses;
    }
}
