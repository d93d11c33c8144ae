using System.Text.Json.Nodes;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>The addresses of a VNC server, in the form in which <c>display-update</c> takes them.</summary>
internal static class VncListeners
{
    /// <summary>Translates them; a websocket is refused by the preflight.</summary>
    internal static JsonArray Addresses(IReadOnlyList<VncListener> listeners) =>
        new([.. listeners.Where(listener => !listener.IsWebsocket).Select(Address)]);

    private static JsonNode Address(VncListener listener) => listener.Family == "unix"
        ? new JsonObject { ["type"] = "unix", ["path"] = listener.Service.Length > 0 ? listener.Service : listener.Host }
        : new JsonObject
        {
            ["type"] = "inet",
            ["host"] = listener.Host,
            ["port"] = listener.Service,
            ["ipv4"] = listener.Family == "ipv4",
            ["ipv6"] = listener.Family == "ipv6",
        };
}
